//! Keys of the engine, each a type of its own so that two cannot be swapped.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest key that a pack, a realm or a sender may choose, in bytes.
pub const KEY_BYTES_MAX: usize = 64;

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name(pub String);

        impl $name {
            /// The key as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether the key is 1 to [`KEY_BYTES_MAX`] bytes of letters, digits, `_`, `-`, `.`.
            #[must_use]
            pub fn is_valid(&self) -> bool {
                is_key(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                $name(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// Whether `text` may serve as a key: 1 to [`KEY_BYTES_MAX`] bytes of ASCII letters, digits, `_-.`.
#[must_use]
pub fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= KEY_BYTES_MAX
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-.".contains(&it))
}

key! {
    /// A pack: one kind of closed loop.
    PackId
}
key! {
    /// A stage of a pack.
    StageId
}
key! {
    /// A move of a stage.
    MoveId
}
key! {
    /// A class of a pack (大类 + 小类 + tier).
    ClassCode
}
key! {
    /// A role of a pack, granted to persons by the realm.
    RoleId
}
key! {
    /// A human being; several accounts may belong to one.
    PersonId
}
key! {
    /// A log-in of a person.
    AccountId
}
key! {
    /// A named place inside an area (点位).
    PointId
}

/// One matter; chosen by the sender of the command that opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MatterId(pub Uuid);

impl std::fmt::Display for MatterId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One adjustment; chosen by the sender of the command that proposes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdjustmentId(pub Uuid);

impl std::fmt::Display for AdjustmentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One command; chosen by its sender before sending, kept through retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommandId(pub Uuid);

impl std::fmt::Display for CommandId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
