//! YAML text to checked raw documents with places, to the configuration.
