//! Fressian alone. Jepsen kept all of a test so, in `test.fressian`, until it had blocks.

use super::operation::Reader;
use super::{Format, Found, HistoryError, Place};
use crate::edn::Value;
use crate::fressian::{self, Begun, Items, ReadError};

/// Reads the history of a test, or operations: in a list, or one after the other.
pub(super) fn read(bytes: &[u8]) -> Result<Found, HistoryError> {
    let mut values = fressian::Reader::new(bytes);
    let mut ops = Reader::default();
    loop {
        let at = values.at();
        match values.begin().map_err(refused)? {
            Begun::End => return ops.finish(Format::Fressian),
            Begun::List(items) => list(&mut values, items, &mut ops)?,
            Begun::Map(items) => {
                if let Some(op) = entries(&mut values, items, &mut ops)? {
                    ops.map(Place::Byte(at), op)?;
                }
            }
            Begun::Value(Value::Nil) => {}
            Begun::Value(value) => ops.map(Place::Byte(at), value)?,
        }
    }
}

fn refused(e: ReadError) -> HistoryError {
    HistoryError::new(Place::Byte(e.at), e.why)
}

fn list(
    values: &mut fressian::Reader<'_>,
    mut items: Items,
    ops: &mut Reader,
) -> Result<(), HistoryError> {
    while let Some((at, op)) = values.item(&mut items).map_err(refused)? {
        ops.map(Place::Byte(at), op)?;
    }
    Ok(())
}

/// The map, but of a test, which has a history, that alone: its operations, one by one.
fn entries(
    values: &mut fressian::Reader<'_>,
    mut items: Items,
    ops: &mut Reader,
) -> Result<Option<Value>, HistoryError> {
    let mut entries = Vec::new();
    let mut is_test = false;
    while let Some((_, key)) = values.item(&mut items).map_err(refused)? {
        let missing = |at| HistoryError::new(Place::Byte(at), "expected a value for the last key");
        if key == Value::keyword("history") {
            is_test = true;
            let at = values.at();
            match values.begin_item(&mut items).map_err(refused)? {
                None => return Err(missing(at)),
                Some(Begun::List(items)) => list(values, items, ops)?,
                Some(_) => {}
            }
        } else {
            let at = values.at();
            let value = values.item(&mut items).map_err(refused)?;
            let (_, value) = value.ok_or_else(|| missing(at))?;
            entries.push((key, value));
        }
    }
    Ok((!is_test).then(|| Value::Map(entries.into())))
}
