//! What a key is called: `ArrowRight`, `a`, `Shift+Tab`.

use serde_json::{Value, json};

/// The two events of a key that is pressed and released, as the protocol wants
/// them.
///
/// # Panics
/// If there is no such key.
#[track_caller]
pub(super) fn press(name: &str) -> [Value; 2] {
    let mut modifiers = 0;
    let mut key = name;
    while let Some((modifier, rest)) = key.split_once('+').filter(|(_, rest)| !rest.is_empty()) {
        modifiers |= match modifier {
            "Alt" => 1,
            "Control" => 2,
            "Meta" => 4,
            "Shift" => 8,
            _ => panic!("{name:?} is no key: expected Alt, Control, Meta or Shift before the +"),
        };
        key = rest;
    }
    // The key's code, its number on Windows, and the text that it writes.
    let (code, number, text) = match key {
        "Backspace" => (key.to_owned(), 8, ""),
        "Tab" => (key.to_owned(), 9, ""),
        "Enter" => (key.to_owned(), 13, "\r"),
        "Escape" => (key.to_owned(), 27, ""),
        " " => ("Space".to_owned(), 32, " "),
        "PageUp" => (key.to_owned(), 33, ""),
        "PageDown" => (key.to_owned(), 34, ""),
        "End" => (key.to_owned(), 35, ""),
        "Home" => (key.to_owned(), 36, ""),
        "ArrowLeft" => (key.to_owned(), 37, ""),
        "ArrowUp" => (key.to_owned(), 38, ""),
        "ArrowRight" => (key.to_owned(), 39, ""),
        "ArrowDown" => (key.to_owned(), 40, ""),
        "Delete" => (key.to_owned(), 46, ""),
        _ => {
            let mut chars = key.chars();
            let (Some(char), None) = (chars.next(), chars.next()) else {
                panic!("{name:?} is no key: expected a character, or such as Enter or ArrowRight");
            };
            match char.to_ascii_uppercase() {
                upper @ 'A'..='Z' => (format!("Key{upper}"), upper as u32, key),
                digit @ '0'..='9' => (format!("Digit{digit}"), digit as u32, key),
                _ => (String::new(), 0, key),
            }
        }
    };
    // With Control and its like a key is a command, not text.
    let text = if modifiers & !8 == 0 { text } else { "" };
    let event = json!({
        "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
    });
    let (mut down, mut up) = (event.clone(), event);
    down["type"] = if text.is_empty() {
        "rawKeyDown"
    } else {
        "keyDown"
    }
    .into();
    if !text.is_empty() {
        down["text"] = text.into();
    }
    up["type"] = "keyUp".into();
    [down, up]
}
