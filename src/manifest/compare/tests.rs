//! What is a change of meaning, and what is none.
