//! What bytes a value may begin with: org.fressian's `Codes`. A range is of all codes that
//! hold a small number in themselves.

use std::ops::RangeInclusive;

pub(super) const KEPT_PACKED: RangeInclusive<u8> = 0x80..=0x9f;
pub(super) const STRUCT_PACKED: RangeInclusive<u8> = 0xa0..=0xaf;
pub(super) const LONG_ARRAY: u8 = 0xb0;
pub(super) const DOUBLE_ARRAY: u8 = 0xb1;
pub(super) const BOOLEAN_ARRAY: u8 = 0xb2;
pub(super) const INT_ARRAY: u8 = 0xb3;
pub(super) const FLOAT_ARRAY: u8 = 0xb4;
pub(super) const OBJECT_ARRAY: u8 = 0xb5;
pub(super) const MAP: u8 = 0xc0;
pub(super) const SET: u8 = 0xc1;
pub(super) const UUID: u8 = 0xc3;
pub(super) const REGEX: u8 = 0xc4;
pub(super) const URI: u8 = 0xc5;
pub(super) const BIGINT: u8 = 0xc6;
pub(super) const BIGDEC: u8 = 0xc7;
pub(super) const INST: u8 = 0xc8;
pub(super) const SYMBOL: u8 = 0xc9;
pub(super) const KEYWORD: u8 = 0xca;
pub(super) const GET_KEPT: u8 = 0xcc;
pub(super) const KEEP: u8 = 0xcd;
pub(super) const FOOTER: u8 = 0xcf;
pub(super) const BYTES_PACKED: RangeInclusive<u8> = 0xd0..=0xd7;
pub(super) const BYTES_CHUNK: u8 = 0xd8;
pub(super) const BYTES: u8 = 0xd9;
pub(super) const STRING_PACKED: RangeInclusive<u8> = 0xda..=0xe1;
pub(super) const STRING_CHUNK: u8 = 0xe2;
pub(super) const STRING: u8 = 0xe3;
pub(super) const LIST_PACKED: RangeInclusive<u8> = 0xe4..=0xeb;
pub(super) const LIST: u8 = 0xec;
pub(super) const CLOSED_LIST: u8 = 0xed;
pub(super) const OPEN_LIST: u8 = 0xee;
pub(super) const STRUCT_TYPE: u8 = 0xef;
pub(super) const STRUCT: u8 = 0xf0;
pub(super) const TRUE: u8 = 0xf5;
pub(super) const FALSE: u8 = 0xf6;
pub(super) const NULL: u8 = 0xf7;
pub(super) const INT: u8 = 0xf8;
pub(super) const FLOAT: u8 = 0xf9;
pub(super) const DOUBLE: u8 = 0xfa;
pub(super) const DOUBLE_0: u8 = 0xfb;
pub(super) const DOUBLE_1: u8 = 0xfc;
pub(super) const END: u8 = 0xfd;
pub(super) const RESET: u8 = 0xfe;

/// The tag that a code stands for.
pub(super) fn tag(code: u8) -> Option<&'static str> {
    Some(match code {
        LONG_ARRAY => "long[]",
        DOUBLE_ARRAY => "double[]",
        BOOLEAN_ARRAY => "boolean[]",
        INT_ARRAY => "int[]",
        FLOAT_ARRAY => "float[]",
        OBJECT_ARRAY => "Object[]",
        MAP => "map",
        SET => "set",
        UUID => "uuid",
        REGEX => "regex",
        URI => "uri",
        BIGINT => "bigint",
        BIGDEC => "bigdec",
        INST => "inst",
        SYMBOL => "sym",
        KEYWORD => "key",
        _ => return None,
    })
}

/// Whether a list begins so.
pub(super) fn begins_list(code: u8) -> bool {
    matches!(code, LIST | CLOSED_LIST | OPEN_LIST) || LIST_PACKED.contains(&code)
}

/// What a byte order mark begins with is no record: its second byte begins no tag.
pub(super) fn begins_collection(bytes: &[u8]) -> bool {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => false,
        [MAP | STRUCT_TYPE, ..] => true,
        [KEEP, first, ..] | [first, ..] => *first == MAP || begins_list(*first),
        [] => false,
    }
}
