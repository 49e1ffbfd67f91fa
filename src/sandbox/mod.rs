//! Both systems emulated on loopback, for demonstrations and tests.
