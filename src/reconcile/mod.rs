//! Observe, plan, apply, record: the one way through Accord that every command takes.
