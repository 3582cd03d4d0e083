//! Columns that are read in a row's order.

/// A list of columns, written once: the constant to select them by, and its type.
macro_rules! columns {
    ($(#[$says:meta])* $name:ident: $columns:ident = $list:tt) => {
        pub type $columns = $list;
        $(#[$says])*
        pub const $name: $columns = $list;
    };
}

pub(crate) use columns;
