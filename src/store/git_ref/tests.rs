//! The files of a state: their bytes, and what is refused.
