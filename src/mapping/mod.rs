//! Compiled field mappings: reading rows from items, translating values, writing rows to items.
