//! Enumerations whose members have a name in results and flags.

/// An enumeration, all its members, and the name of each.
macro_rules! names {
    ($(#[$doc:meta])* $kind:ident { $($member:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $kind {
            $(#[doc = concat!("`", $name, "`")] $member,)+
        }

        impl $kind {
            /// All of them.
            pub const ALL: &[$kind] = &[$($kind::$member),+];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $($kind::$member => $name,)+
                }
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(super) use names;

/// Everything that can be reached from these, themselves among it, by way of
/// `next`.
pub(super) fn closure<T: Copy + Ord>(
    from: impl IntoIterator<Item = T>,
    next: impl Fn(T) -> Vec<T>,
) -> std::collections::BTreeSet<T> {
    let mut reached = std::collections::BTreeSet::new();
    let mut open: Vec<T> = from.into_iter().collect();
    while let Some(item) = open.pop() {
        if reached.insert(item) {
            open.extend(next(item));
        }
    }
    reached
}
