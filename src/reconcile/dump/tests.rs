//! Proposals of any metadata hold.
