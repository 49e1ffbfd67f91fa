//! The three-way compare of base, source and target.
