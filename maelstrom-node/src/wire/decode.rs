//! From a body to a typed value: an enum by its `type`, a struct by its
//! fields.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::Body;

/// A body that does not fit the type it should become.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The type is none of the enum's variants.
    #[error("{0}")]
    UnknownType(String),
    /// The type is known, but the other keys are not as it wants them.
    #[error("{0}")]
    WrongShape(String),
}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        DecodeError::WrongShape(text.to_string())
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        DecodeError::UnknownType(match expected {
            [] => format!("unknown type `{variant}`: this node serves none"),
            _ => format!(
                "unknown type `{variant}`, expected one of `{}`",
                expected.join("`, `")
            ),
        })
    }
}

impl<'b> Body<'b> {
    /// Turns the body into a value: an enum with a variant named as the
    /// `type`, a struct with fields named as the other keys (or some of them:
    /// what is unknown is ignored), `()` for any body at all. A variant with a
    /// field `msg_id` is given the request's, if it has one.
    ///
    /// # Errors
    /// [`DecodeError`] says whether the type is unknown or which field is
    /// wrong.
    pub fn decode<'de, T: Deserialize<'de>>(&'de self) -> Result<T, DecodeError> {
        T::deserialize(self)
    }

    /// Walks all keys but the head's.
    fn fields_of_variant(&self) -> Fields<'_, 'b> {
        Fields {
            kind: None,
            msg_id: None,
            body: self,
            next: 0,
        }
    }
}

impl<'de> Deserializer<'de> for &'de Body<'_> {
    type Error = DecodeError;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_enum(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_map(Fields {
            kind: self.kind.as_deref(),
            ..self.fields_of_variant()
        })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        bytes byte_buf seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for &'de Body<'_> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), DecodeError> {
        let kind = (self.kind.as_deref()).ok_or_else(|| de::Error::missing_field("type"))?;
        let variant = seed.deserialize(BorrowedStrDeserializer::new(kind))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for &'de Body<'_> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, DecodeError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        _visitor: V,
    ) -> Result<V::Value, DecodeError> {
        Err(de::Error::custom(
            "a message is an object: give this variant named fields",
        ))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let mut map = self.fields_of_variant();
        map.msg_id = self.msg_id.filter(|_| fields.contains(&"msg_id"));
        visitor.visit_map(map)
    }
}

/// Walks the keys of a body; `type` and `msg_id` first, where they are wanted.
struct Fields<'de, 'b> {
    kind: Option<&'de str>,
    msg_id: Option<u64>,
    body: &'de Body<'b>,
    next: usize,
}

impl<'de> MapAccess<'de> for Fields<'de, '_> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        let key = match self.body.fields.get(self.next) {
            _ if self.kind.is_some() => "type",
            _ if self.msg_id.is_some() => "msg_id",
            Some((key, _)) => key,
            None => return Ok(None),
        };
        seed.deserialize(BorrowedStrDeserializer::new(key))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, DecodeError> {
        if let Some(kind) = self.kind.take() {
            return seed.deserialize(BorrowedStrDeserializer::new(kind));
        }
        if let Some(msg_id) = self.msg_id.take() {
            return (seed.deserialize(serde_json::Value::from(msg_id)))
                .map_err(|e| de::Error::custom(format_args!("field `msg_id`: {}", reason(&e))));
        }
        let (key, value) = &self.body.fields[self.next];
        self.next += 1;
        seed.deserialize(&mut serde_json::Deserializer::from_str(value.get()))
            .map_err(|e| de::Error::custom(format_args!("field `{key}`: {}", reason(&e))))
    }

    fn size_hint(&self) -> Option<usize> {
        let head = usize::from(self.kind.is_some()) + usize::from(self.msg_id.is_some());
        Some(self.body.fields.len() - self.next + head)
    }
}

/// The error's text without its position, which is one within the value.
fn reason(e: &serde_json::Error) -> String {
    let text = e.to_string();
    let position = format!(" at line {} column {}", e.line(), e.column());
    text.strip_suffix(&position).unwrap_or(&text).to_owned()
}
