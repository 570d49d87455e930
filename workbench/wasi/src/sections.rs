//! What a module says of itself, in sections that are not executed (WebAssembly 2.0, binary format,
//! "Modules").

/// Whether Go's own compiler has made it, by the section in which toolchains name themselves
/// (WebAssembly tool conventions, `ProducersSection.md`): the field `language` says `Go`.
pub(crate) fn is_made_by_go(module: &[u8]) -> bool {
    const FIELD: &[u8] = b"\x08language\x01\x02Go";
    custom(module, b"producers")
        .is_some_and(|section| section.windows(FIELD.len()).any(|it| it == FIELD))
}

/// What the custom section of this name holds.
fn custom<'a>(module: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    const PREAMBLE: usize = 8;
    let mut rest = module.get(PREAMBLE..)?;
    while let Some((id, after)) = rest.split_first() {
        let (section, after) = sized(after)?;
        if let (0, Some((own, data))) = (*id, sized(section))
            && own == name
        {
            return Some(data);
        }
        rest = after;
    }
    None
}

/// A length, so many bytes, and what is behind them.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut len: usize = 0;
    for (place, byte) in bytes.iter().take(5).enumerate() {
        len |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return bytes[place + 1..].split_at_checked(len);
        }
    }
    None
}
