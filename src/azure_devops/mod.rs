//! The Azure DevOps adapter: REST 7.1 behind the ports of `remote`.
