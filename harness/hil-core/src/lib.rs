//! The language and the law of the test harness.
