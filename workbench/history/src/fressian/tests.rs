//! Bytes put together by hand, from org.fressian's `Codes` and what its writer does with
//! them, and the values that they are.

use super::*;
use crate::edn;

/// The bytes of hexadecimal digits; what is between quotes stands for itself.
fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (i, part) in text.split('\'').enumerate() {
        if i % 2 == 1 {
            bytes.extend_from_slice(part.as_bytes());
            continue;
        }
        let digits: Vec<char> = part.chars().filter(|c| !c.is_whitespace()).collect();
        let byte = |two: &[char]| u8::from_str_radix(&String::from_iter(two), 16).unwrap();
        bytes.extend(digits.chunks(2).map(byte));
    }
    bytes
}

/// All values, as EDN.
fn read(text: &str) -> Result<String, String> {
    let bytes = bytes(text);
    let mut reader = Reader::new(&bytes);
    let mut values = Vec::new();
    while let Some(value) = reader.next().map_err(|e| e.to_string())? {
        let text = value.to_string();
        assert_eq!(edn::read(&text).as_ref(), Ok(&value), "{text}");
        values.push(text);
    }
    Ok(values.join(" "))
}

#[track_caller]
fn each(cases: &[(&str, &str)]) {
    for (bytes, edn) in cases {
        assert_eq!(read(bytes).as_deref(), Ok(*edn), "{bytes}");
    }
}

#[track_caller]
fn refused(cases: &[(&str, &str)]) {
    for (bytes, why) in cases {
        assert_eq!(read(bytes).unwrap_err(), *why, "{bytes}");
    }
}

#[test]
fn integers_take_as_many_bytes_as_they_need() {
    each(&[
        ("00", "0"),
        ("3f", "63"),
        ("ff", "-1"),
        // One byte behind the code, whose zero is 50.
        ("50 40", "64"),
        ("50 ff", "255"),
        ("51 00", "256"),
        ("5f ff", "4095"),
        ("4f fe", "-2"),
        ("40 00", "-4096"),
        // Two: 68.
        ("68 1000", "4096"),
        ("6f ffff", "524287"),
        ("60 0000", "-524288"),
        // Three: 72.
        ("72 080000", "524288"),
        ("73 ffffff", "33554431"),
        ("70 000000", "-33554432"),
        // Four: 76.
        ("76 02000000", "33554432"),
        ("77 ffffffff", "8589934591"),
        ("74 00000000", "-8589934592"),
        // Five: 7a.
        ("7a 0200000000", "8589934592"),
        ("7b ffffffffff", "2199023255551"),
        ("78 0000000000", "-2199023255552"),
        // Six: 7e.
        ("7e 020000000000", "2199023255552"),
        ("7f ffffffffffff", "562949953421311"),
        ("7c 000000000000", "-562949953421312"),
        // All eight.
        ("f8 0002000000000000", "562949953421312"),
        ("f8 7fffffffffffffff", "9223372036854775807"),
        ("f8 8000000000000000", "-9223372036854775808"),
        // Of any size, in two's complement.
        ("c6 d1 05", "5"),
        ("c6 d2 ff00", "-256"),
        ("c6 d9 09 008000000000000000", "9223372036854775808N"),
        ("b3 02 01 50ff", "[1 255]"),
        ("b0 03 01 ff 68 1000", "[1 -1 4096]"),
    ]);
}

#[test]
fn other_numbers_are_floating_point() {
    each(&[
        ("f9 3fc00000", "1.5"),
        ("f9 3dcccccd", "0.1"),
        ("fa 400921fb54442d18", "3.141592653589793"),
        ("fb", "0.0"),
        ("fc", "1.0"),
        ("fa 7ff0000000000000", "##Inf"),
        ("b1 02 fc fa 4000000000000000", "[1.0 2.0]"),
        ("b4 01 f9 3fc00000", "[1.5]"),
        // A decimal: its digits, and how many of them are behind the point.
        ("c7 d2 0096 02", "1.5"),
        ("c7 d1 05 ff", "50.0"),
        // A ratio of data.fressian's: a struct of two big integers.
        ("ef df 'ratio' 02 c6 d1 03 c6 d1 04", "0.75"),
    ]);
}

#[test]
fn words_and_texts() {
    each(&[
        ("f7", "nil"),
        ("f5", "true"),
        ("f6", "false"),
        ("b2 02 f5 f6", "[true false]"),
        ("da", r#""""#),
        ("e1 'seven b'", r#""seven b""#),
        ("e3 08 'eight by'", r#""eight by""#),
        // é as UTF-8; 😀 as Java's two units.
        ("dc c3a9", r#""é""#),
        ("e0 eda0bd edb880", r#""😀""#),
        // Chunks: one that goes on, one more, and one that ends it. A character may be in two.
        (
            "e2 03 'abc' e2 04 'd' eda0bd e3 04 edb880 'e'",
            r#""abcd😀e""#,
        ),
        ("e2 03 'abc' dc 'de'", r#""abcde""#),
        // A keyword: namespace and name.
        ("ca f7 dd 'foo'", ":foo"),
        ("ca dd 'foo' db 'b'", ":foo/b"),
        ("c9 f7 dd 'foo'", "foo"),
        ("c9 f7 dc '1x'", r#""1x""#),
        ("ca f7 dd 'a b'", ":a_b"),
        ("ef de 'char' 01 50 61", "\\a"),
        ("ef de 'char' 01 68 d83d", "\\\u{fffd}"),
        ("c4 dc 'a+'", r#""a+""#),
        ("c5 df 'a:b/c'", r#"#uri "a:b/c""#),
        // Bytes.
        ("d0", r#"#bytes """#),
        ("d3 00 7f ff", r#"#bytes "007fff""#),
        ("d9 02 0a0b", r#"#bytes "0a0b""#),
        ("d8 02 0102 d9 01 03", r#"#bytes "010203""#),
        (
            "c3 d9 10 00112233445566778899aabbccddeeff",
            r#"#uuid "00112233-4455-6677-8899-aabbccddeeff""#,
        ),
        ("c8 00", r#"#inst "1970-01-01T00:00:00.000-00:00""#),
        ("c8 4f fe", r#"#inst "1969-12-31T23:59:59.998-00:00""#),
        ("ef de 'byte' 01 07", "7"),
    ]);
}

#[test]
fn collections_are_counted_or_closed() {
    each(&[
        ("e4", "[]"),
        ("e6 01 02", "[1 2]"),
        ("ec 08 01 02 03 04 05 06 07 08", "[1 2 3 4 5 6 7 8]"),
        ("ed 01 02 fd", "[1 2]"),
        ("ed ed fd ed 01 fd fd", "[[] [1]]"),
        // An open list ends with its mark or with the bytes.
        ("ee 01 02 fd 03", "[1 2] 3"),
        ("ee 01 02", "[1 2]"),
        ("b5 02 01 f7", "[1 nil]"),
        ("c0 e4", "{}"),
        ("c0 e8 ca f7 db 'a' 01 da 02", r#"{:a 1, "" 2}"#),
        ("c0 ed 01 02 fd", "{1 2}"),
        ("c1 e6 01 02", "#{1 2}"),
        ("e5 c0 e6 01 c1 e4", "[{1 #{}}]"),
    ]);
}

#[test]
fn what_is_kept_is_named_again_by_its_place() {
    each(&[
        ("cd db 'a' cd db 'b' 80 81 80", r#""a" "b" "a" "b" "a""#),
        // A keyword is kept before the name in it is.
        ("cd ca f7 cd db 'a' 80 81 ca f7 81", r#":a :a "a" :a"#),
        // The 33rd has no code of its own.
        (
            &format!("ec 50 41 {} cc 20 cc 00", "cd dc 'xy' ".repeat(63)),
            &format!("[{}]", vec![r#""xy""#; 65].join(" ")),
        ),
        ("cd db 'a' fe cd db 'b' 80", r#""a" "b" "b""#),
        // A list that is kept is one as well, also that of a map.
        ("cd e5 01 80 c0 cd e6 01 02", "[1] [1] {1 2}"),
        // A footer: its mark, the length and the Adler-32 of all that, then all is new.
        (
            "cd db 'a' cfcfcfcf 00000003 29da0549 cd db 'b' 80",
            r#""a" "b" "b""#,
        ),
    ]);
}

#[test]
fn structs_are_named_once() {
    let sixteen: String = (0..16).map(|i| format!("ef dc 'a{i:x}' 01 00")).collect();
    let tags: Vec<String> = (0..16).map(|i| format!("#a{i:x} 0")).collect();
    each(&[
        ("ef dd 'a.B' 02 01 02 a0 03 04", "#a.B [1 2] #a.B [3 4]"),
        ("ef dd 'a.B' 01 01 a0 03", "#a.B 1 #a.B 3"),
        ("ef dd 'a.B' 00", "#a.B []"),
        ("ef db '1' 01 07", "#tag/1 7"),
        // A struct may be within one of its own kind, which is named before.
        (
            "ef dc 'ab' 02 a0 01 02 a0 03 04",
            "#ab [#ab [1 2] #ab [3 4]]",
        ),
        // From the 17th on they have numbers.
        (
            &format!("{sixteen} ef dc 'bb' 01 07 f0 10 08 f0 00 09 af 0a"),
            &format!("{} #bb 7 #bb 8 #a0 9 #af 10", tags.join(" ")),
        ),
    ]);
}

#[test]
fn clojure_and_jepsen_have_tags_of_their_own() {
    each(&[
        (
            "ef e3 13 'persistent-hash-set' 01 e6 01 02 a0 f7",
            "#{1 2} #{}",
        ),
        ("ef e3 15 'persistent-sorted-set' 01 e5 01", "#{1}"),
        ("ef e3 09 'map-entry' 02 01 e5 02", "[1 [2]]"),
        ("ef dd 'vec' 01 e5 02", "[2]"),
        (
            "ef e0 'record' 02 cd c9 f7 cd dd 'a.B' c0 ed ca f7 db 'x' 01 fd a0 80 c0 e4",
            "#a.B{:x 1} #a.B{}",
        ),
        ("ef de 'atom' 01 07", "#atom 7"),
        ("ef e1 'instant' 01 dc '20'", r#"#inst "20""#),
        ("ef e3 09 'date-time' 01 dc '20'", r#"#date-time "20""#),
        ("ef e3 09 'throwable' 01 c0 e4", "#error{}"),
        ("ef e3 08 'multiset' 01 c0 e6 05 02", "#multiset{5 2}"),
        ("ef e3 09 'block-ref' 01 03", "#block-ref 3"),
        // Index, time, type, process, function, value and further keys.
        (
            "ef e3 11 'jepsen.history.Op' 07 00 50 ff cd ca f7 cd dc 'ok' 03 cd ca f7 cd de \
             'read' e5 07 f7  a0 01 51 00 80 ca f7 cd e1 'nemesis' 82 f7 c0 e6 ca f7 db 'x' f5",
            "#jepsen.history.Op{:index 0, :time 255, :type :ok, :process 3, :f :read, :value [7]} \
             #jepsen.history.Op{:index 1, :time 256, :type :ok, :process :nemesis, :f :read, \
             :value nil, :x true}",
        ),
    ]);
}

#[test]
fn errors_say_which_byte_and_what_was_expected() {
    refused(&[
        ("e6 01", "byte 2: expected an item of a list, found the end"),
        ("51", "byte 1: expected 1 bytes, found the end after 0"),
        ("f8 0011", "byte 1: expected 8 bytes, found the end after 2"),
        ("dd 'ab'", "byte 1: expected 3 bytes, found the end after 2"),
        ("01 cb", "byte 1: expected a value, found the byte cb"),
        ("01 fd", "byte 1: expected a value, found the byte fd"),
        ("e6 01 fd", "byte 2: expected a value, found the byte fd"),
        (
            "ec 77 ffffffff",
            "byte 1: expected a number from 0 to 0, found 8589934591",
        ),
        (
            "ec ff 00",
            "byte 1: expected a number from 0 to 1, found -1",
        ),
        ("d9 da", "byte 1: expected a number, found the byte da"),
        (
            "c0 e5 01",
            "byte 2: expected a list of keys and values in turns, found one of 1",
        ),
        ("c1 05", "byte 1: expected a list, found 5"),
        ("ca 01 02", "byte 1: expected a namespace, found 1"),
        (
            "cd db 'a' 81",
            "byte 3: expected one of the 1 values that were kept, found the 1th",
        ),
        // A value that is named within itself.
        (
            "cd e5 80",
            "byte 2: expected one of the 1 values that were kept, found the 0th",
        ),
        (
            "a0",
            "byte 0: expected one of the 0 tags before, found the 0th",
        ),
        ("ef 05 01", "byte 1: expected a tag, a string, found 5"),
        (
            "dc c328",
            "byte 0: expected a string in UTF-8, found other bytes",
        ),
        (
            "d8 01 00 e4",
            "byte 3: expected the next chunk, found the byte e4",
        ),
        (
            "c3 d1 00",
            "byte 1: expected the 16 bytes of a UUID, found #bytes \"00\"",
        ),
        (
            "ef e3 11 'jepsen.history.Op' 06 00 00 00 00 00 00",
            "byte 21: expected 7 fields of an operation, found 6",
        ),
        (
            "00 cfcfcfcf 00000002 00000000",
            "byte 5: expected 1, the length of what the footer is for, found 2",
        ),
        (
            "00 cfcfcfcf 00000001 00000000",
            "byte 9: expected 1510033e, the Adler-32 of what the footer is for, found 00000000",
        ),
        (
            "00 cfcfcf00",
            "byte 1: expected cfcfcfcf, the mark of a footer, found cfcfcf00",
        ),
    ]);
}

/// No more is made of bytes than some hundred times as much.
#[test]
fn what_would_grow_without_end_is_refused() {
    // Each list has the one before it eight times.
    let mut laughs = bytes("cd eb 01 01 01 01 01 01 01");
    for place in 0x80..0x90 {
        laughs.extend([0xcd, 0xeb]);
        laughs.extend([place; 7]);
    }
    let error = loop_to_error(&laughs);
    assert!(error.contains("expected copies of values of"), "{error}");
    for nested in ["ed", "cd", "c0 ed", "ef db 'a' 01", "ef db 'a' 02", "e5 cd"] {
        let error = read(&nested.repeat(100_000)).unwrap_err();
        assert!(
            error.ends_with("expected at most 504 levels of nesting, found more"),
            "{error}"
        );
    }
    // A tag of a thousand letters that a byte names.
    let mut named = bytes(&format!("ef e3 53 e8 '{}' 00", "a".repeat(1000)));
    named.extend([0xa0; 1000]);
    let error = loop_to_error(&named);
    assert!(error.contains("expected copies of values of"), "{error}");
}

fn loop_to_error(bytes: &[u8]) -> String {
    let mut reader = Reader::new(bytes);
    loop {
        match reader.next() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("all was read"),
            Err(e) => return e.to_string(),
        }
    }
}
