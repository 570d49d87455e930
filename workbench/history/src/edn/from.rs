//! Values from Rust's own, so that a program says what it means without EDN.

use super::Value;

/// A vector of values.
impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Value::Vector(items.into_iter().map(T::into).collect())
    }
}

/// A vector.
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

/// A vector.
impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

/// A vector of two, such as a key and the value under it.
impl<A: Into<Value>, B: Into<Value>> From<(A, B)> for Value {
    fn from((a, b): (A, B)) -> Self {
        Value::Vector([a.into(), b.into()].into())
    }
}

/// A vector of three, such as what a transaction does with a key and a value.
impl<A: Into<Value>, B: Into<Value>, C: Into<Value>> From<(A, B, C)> for Value {
    fn from((a, b, c): (A, B, C)) -> Self {
        Value::Vector([a.into(), b.into(), c.into()].into())
    }
}

/// `nil`
impl From<()> for Value {
    fn from((): ()) -> Self {
        Value::Nil
    }
}

/// `nil`, if there is none.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Value::Nil, T::into)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Value::Bool(bool)
    }
}

/// An integer, of whatever type.
macro_rules! integers {
    ($($small:ty)*; $($large:ty)*) => {
        $(impl From<$small> for Value {
            fn from(int: $small) -> Self {
                Value::Int(i64::from(int))
            }
        })*
        $(impl From<$large> for Value {
            fn from(int: $large) -> Self {
                match i64::try_from(int) {
                    Ok(int) => Value::Int(int),
                    Err(_) => Value::BigInt(int.to_string().into()),
                }
            }
        })*
    };
}

integers!(i8 i16 i32 i64 u8 u16 u32; u64 usize i128 u128);

impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Value::Float(float)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Str(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Str(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(value: impl Into<Value>, edn: &str) {
        assert_eq!(value.into().to_string(), edn);
    }

    #[test]
    fn rusts_values_are_those_of_edn() {
        is((), "nil");
        is(None::<i32>, "nil");
        is(Some(5), "5");
        is(-5, "-5");
        is(u64::MAX, "18446744073709551615N");
        is(i128::MIN, "-170141183460469231731687303715884105728N");
        is(0.5, "0.5");
        is("a", "\"a\"");
        is(String::from("b"), "\"b\"");
        is(vec![1, 2], "[1 2]");
        is([[1], [2]], "[[1] [2]]");
        is((7, ()), "[7 nil]");
        is([(Value::keyword("append"), 1, 2)], "[[:append 1 2]]");
    }
}
