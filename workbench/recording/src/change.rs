//! What changed from one state of a node to the next: operations of JSON Patch (RFC 6902), of
//! which `add`, `remove` and `replace` are enough. A log that grows by an entry is so as short to
//! tell as the entry.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that changed. Its path is a JSON Pointer (RFC 6901), from the whole of the state on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Change {
    /// A key of an object, or an element of a list before the one that is there, is new.
    Add {
        /// Where.
        path: String,
        /// What is there now.
        value: Value,
    },
    /// It is not there any more; what follows in a list moves up.
    Remove {
        /// Where.
        path: String,
    },
    /// It is another one.
    Replace {
        /// Where.
        path: String,
        /// What is there now.
        value: Value,
    },
}

/// What changed, in the order in which it is to be applied.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&mut String::new(), before, after, &mut changes);
    changes
}

fn compare(path: &mut String, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Value::Object(before), Value::Object(after)) => {
            for key in before.keys().filter(|key| !after.contains_key(*key)) {
                below(path, key, |path| {
                    changes.push(Change::Remove { path: path.clone() });
                });
            }
            for (key, value) in after {
                below(path, key, |path| match before.get(key) {
                    Some(before) => compare(path, before, value, changes),
                    None => changes.push(Change::Add {
                        path: path.clone(),
                        value: value.clone(),
                    }),
                });
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            let same = |(a, b): &(&Value, &Value)| a == b;
            let head = before.iter().zip(after).take_while(same).count();
            let (old, new) = (&before[head..], &after[head..]);
            let tail = old.iter().rev().zip(new.iter().rev());
            let tail = tail.take_while(same).count();
            let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
            for (at, (old, value)) in old.iter().zip(new).enumerate() {
                below(path, &(head + at).to_string(), |path| {
                    compare(path, old, value, changes);
                });
            }
            for at in (new.len()..old.len()).rev() {
                below(path, &(head + at).to_string(), |path| {
                    changes.push(Change::Remove { path: path.clone() });
                });
            }
            for (at, value) in new.iter().enumerate().skip(old.len()) {
                below(path, &(head + at).to_string(), |path| {
                    changes.push(Change::Add {
                        path: path.clone(),
                        value: value.clone(),
                    });
                });
            }
        }
        (_, after) => changes.push(Change::Replace {
            path: path.clone(),
            value: after.clone(),
        }),
    }
}

/// Goes one step down, and up again.
fn below(path: &mut String, key: &str, then: impl FnOnce(&mut String)) {
    let len = path.len();
    path.push('/');
    path.push_str(&key.replace('~', "~0").replace('/', "~1"));
    then(path);
    path.truncate(len);
}

/// Applies changes to the state that they are from. What does not fit it is left out.
pub fn apply(state: &mut Value, changes: &[Change]) {
    for change in changes {
        let (path, value) = match change {
            Change::Add { path, value } | Change::Replace { path, value } => (path, Some(value)),
            Change::Remove { path } => (path, None),
        };
        let Some((parent, key)) = path.rsplit_once('/') else {
            *state = value.cloned().unwrap_or_default();
            continue;
        };
        let key = key.replace("~1", "/").replace("~0", "~");
        let place = key.parse().unwrap_or(usize::MAX);
        match (state.pointer_mut(parent), value) {
            (Some(Value::Object(map)), Some(value)) => drop(map.insert(key, value.clone())),
            (Some(Value::Object(map)), None) => drop(map.remove(&key)),
            (Some(Value::Array(list)), Some(value)) => match change {
                Change::Add { .. } if place <= list.len() => list.insert(place, value.clone()),
                Change::Replace { .. } if place < list.len() => list[place] = value.clone(),
                _ => {}
            },
            (Some(Value::Array(list)), None) if place < list.len() => drop(list.remove(place)),
            _ => {}
        }
    }
}

/// A state for a person: a line for each of its keys, or one for all of it.
pub fn in_lines(state: &Value) -> Vec<String> {
    match state {
        Value::Object(map) => map.iter().map(|(key, it)| format!("{key}: {it}")).collect(),
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> String {
        let changes = changes(before, after);
        let mut applied = before.clone();
        apply(&mut applied, &changes);
        assert_eq!(applied, *after, "{changes:?}");
        serde_json::to_string(&changes).unwrap()
    }

    #[test]
    fn what_changed_is_as_short_as_the_change() {
        assert_eq!(
            told(&Value::Null, &json!({"term": 1})),
            r#"[{"op":"replace","path":"","value":{"term":1}}]"#
        );
        assert_eq!(
            told(
                &json!({"log": [1, 2], "term": 1}),
                &json!({"log": [1, 2, 3], "term": 2})
            ),
            r#"[{"op":"add","path":"/log/2","value":3},{"op":"replace","path":"/term","value":2}]"#
        );
        assert_eq!(
            told(&json!({"seen": [1, 5, 9]}), &json!({"seen": [1, 4, 5, 9]})),
            r#"[{"op":"add","path":"/seen/1","value":4}]"#
        );
        assert_eq!(
            told(&json!([1, 2, 3, 4]), &json!([1])),
            r#"[{"op":"remove","path":"/3"},{"op":"remove","path":"/2"},{"op":"remove","path":"/1"}]"#
        );
        assert_eq!(
            told(
                &json!({"a/b": {"~": 1}}),
                &json!({"a/b": {"~": null, "c": 2}})
            ),
            r#"[{"op":"add","path":"/a~1b/c","value":2},{"op":"replace","path":"/a~1b/~0","value":null}]"#
        );
        assert_eq!(told(&json!([1]), &json!([1])), "[]");
    }

    /// A value that follows from a number, so that near ones are alike.
    fn value(number: u64, depth: u64) -> Value {
        match number % 7 {
            _ if depth == 0 => json!(number % 3),
            0 => Value::Null,
            1 | 2 => (0..number / 7 % 4)
                .map(|i| value(number / 11 + i, depth - 1))
                .collect(),
            3 | 4 => (0..number / 7 % 4)
                .map(|i| {
                    (
                        format!("k{}", (number / 5 + i) % 5),
                        value(number / 13 + i, depth - 1),
                    )
                })
                .collect::<serde_json::Map<_, _>>()
                .into(),
            rest => json!(format!("{rest}")),
        }
    }

    #[test]
    fn whatever_changed_is_told_and_read_back() {
        let mut number = 1_u64;
        for _ in 0..20_000 {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let (before, after) = (value(number >> 40, 3), value(number >> 20 & 0xFFFF, 3));
            let text = told(&before, &after);
            let read: Vec<Change> = serde_json::from_str(&text).unwrap();
            assert_eq!(read, changes(&before, &after));
        }
    }
}
