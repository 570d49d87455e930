//! From a typed value to a line: the envelope, `type` by the enum's variant,
//! the fields, and the ids last.

use serde::ser::{
    self, Impossible, Serialize, SerializeMap, SerializeStruct, SerializeStructVariant, Serializer,
};

/// A value that cannot be the body of a message.
#[derive(Debug, thiserror::Error)]
#[error("cannot write this as a message: {0}")]
pub struct EncodeError(String);

impl ser::Error for EncodeError {
    fn custom<T: std::fmt::Display>(text: T) -> Self {
        EncodeError(text.to_string())
    }
}

impl From<serde_json::Error> for EncodeError {
    fn from(e: serde_json::Error) -> Self {
        ser::Error::custom(e)
    }
}

/// The parts of a message around its body's own keys.
pub(crate) struct Address<'a> {
    /// `{"src":"n1","dest":`, which is the same for all messages of a node.
    pub(crate) prefix: &'a [u8],
    pub(crate) dest: &'a str,
    pub(crate) msg_id: Option<u64>,
    pub(crate) in_reply_to: Option<u64>,
}

/// The start of every line that `src` writes.
pub(crate) fn prefix(src: &str) -> Vec<u8> {
    format!("{{\"src\":{},\"dest\":", serde_json::Value::from(src)).into_bytes()
}

/// Appends a message, newline included. A body that is `None` or `()` writes
/// nothing and is no error; after an error `out` is as it was.
pub(crate) fn write_message<B: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    address: &Address<'_>,
    body: &B,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(address.prefix);
    let written = write_plain(out, address.dest).and_then(|()| {
        out.extend_from_slice(b",\"body\":{");
        body.serialize(BodySerializer { out, variant: None })
    });
    match written {
        Ok(Written::Body) => {
            for (key, id) in [
                (",\"msg_id\":", address.msg_id),
                (",\"in_reply_to\":", address.in_reply_to),
            ] {
                if let Some(id) = id {
                    out.extend_from_slice(key.as_bytes());
                    write_plain(out, &id)?;
                }
            }
            out.extend_from_slice(b"}}\n");
            Ok(())
        }
        Ok(Written::Nothing) => {
            out.truncate(start);
            Ok(())
        }
        Err(e) => {
            out.truncate(start);
            Err(e)
        }
    }
}

fn write_plain<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), EncodeError> {
    Ok(value.serialize(&mut serde_json::Serializer::new(out))?)
}

enum Written {
    Body,
    Nothing,
}

/// Writes the keys of a body, without its braces.
struct BodySerializer<'a> {
    out: &'a mut Vec<u8>,
    /// The variant that this is the content of.
    variant: Option<&'static str>,
}

/// Writes the keys one by one, commas between.
struct BodyFields<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
    has_type: bool,
}

impl<'a> BodySerializer<'a> {
    fn fields(self) -> Result<BodyFields<'a>, EncodeError> {
        let mut fields = BodyFields {
            out: self.out,
            first: true,
            has_type: false,
        };
        if let Some(variant) = self.variant {
            fields.field("type", variant)?;
        }
        Ok(fields)
    }

    fn of_variant(self, variant: &'static str) -> Result<Self, EncodeError> {
        match self.variant {
            None => Ok(BodySerializer {
                variant: Some(variant),
                ..self
            }),
            Some(outer) => not_a_body(&format!("`{variant}` inside of `{outer}`")),
        }
    }
}

impl BodyFields<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), EncodeError> {
        match key {
            "type" => self.has_type = true,
            "msg_id" | "in_reply_to" => {
                return Err(ser::Error::custom(format_args!(
                    "the field `{key}` is the library's own: leave it out"
                )));
            }
            _ => {}
        }
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        write_plain(self.out, key)?;
        self.out.push(b':');
        write_plain(self.out, value)
    }

    fn finish(self) -> Result<Written, EncodeError> {
        if self.has_type {
            return Ok(Written::Body);
        }
        Err(ser::Error::custom(
            "it has no `type`: use an enum, whose variant names it, or add the field",
        ))
    }
}

fn not_a_body<T>(what: &str) -> Result<T, EncodeError> {
    Err(ser::Error::custom(format_args!(
        "a body is an enum with named fields, not {what}"
    )))
}

macro_rules! refuse {
    ($($method:ident($($type:ty),*) -> $ok:ty: $what:literal;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$ok, EncodeError> {
            not_a_body($what)
        })*
    };
}

impl<'a> Serializer for BodySerializer<'a> {
    type Ok = Written;
    type Error = EncodeError;
    type SerializeSeq = Impossible<Written, EncodeError>;
    type SerializeTuple = Impossible<Written, EncodeError>;
    type SerializeTupleStruct = Impossible<Written, EncodeError>;
    type SerializeTupleVariant = Impossible<Written, EncodeError>;
    type SerializeMap = BodyMap<'a>;
    type SerializeStruct = BodyFields<'a>;
    type SerializeStructVariant = BodyFields<'a>;

    refuse! {
        serialize_bool(bool) -> Written: "a bool";
        serialize_i8(i8) -> Written: "a number";
        serialize_i16(i16) -> Written: "a number";
        serialize_i32(i32) -> Written: "a number";
        serialize_i64(i64) -> Written: "a number";
        serialize_u8(u8) -> Written: "a number";
        serialize_u16(u16) -> Written: "a number";
        serialize_u32(u32) -> Written: "a number";
        serialize_u64(u64) -> Written: "a number";
        serialize_f32(f32) -> Written: "a number";
        serialize_f64(f64) -> Written: "a number";
        serialize_char(char) -> Written: "a character";
        serialize_str(&str) -> Written: "a string";
        serialize_bytes(&[u8]) -> Written: "bytes";
        serialize_seq(Option<usize>) -> Self::SerializeSeq: "a list";
        serialize_tuple(usize) -> Self::SerializeTuple: "a tuple";
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct: "a tuple";
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant: "a tuple";
    }

    fn serialize_none(self) -> Result<Written, EncodeError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Written, EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Written, EncodeError> {
        match self.variant {
            Some(_) => self.fields()?.finish(),
            None => Ok(Written::Nothing),
        }
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Written, EncodeError> {
        self.fields()?.finish()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Written, EncodeError> {
        self.of_variant(variant)?.fields()?.finish()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Written, EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Written, EncodeError> {
        value.serialize(self.of_variant(variant)?)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<BodyMap<'a>, EncodeError> {
        Ok(BodyMap {
            fields: self.fields()?,
            key: String::new(),
        })
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<BodyFields<'a>, EncodeError> {
        self.fields()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<BodyFields<'a>, EncodeError> {
        self.of_variant(variant)?.fields()
    }
}

macro_rules! named_fields {
    ($($trait:ident)*) => {
        $(impl $trait for BodyFields<'_> {
            type Ok = Written;
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), EncodeError> {
                self.field(key, value)
            }

            fn end(self) -> Result<Written, EncodeError> {
                self.finish()
            }
        })*
    };
}

named_fields! { SerializeStruct SerializeStructVariant }

/// A body that is a map, such as one from `serde_json::json!`.
struct BodyMap<'a> {
    fields: BodyFields<'a>,
    key: String,
}

impl SerializeMap for BodyMap<'_> {
    type Ok = Written;
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        match serde_json::to_value(key)? {
            serde_json::Value::String(key) => self.key = key,
            other => return not_a_body(&format!("a map with the key {other}")),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.fields.field(&self.key, value)
    }

    fn end(self) -> Result<Written, EncodeError> {
        self.fields.finish()
    }
}
