//! Repositories made for the purpose.
