//! The TestWorthy adapter: its automation surface behind the ports of `remote`.
