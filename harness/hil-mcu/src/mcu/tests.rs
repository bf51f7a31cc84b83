//! The chip executing small programs.

mod exceptions;
mod flash;
mod instructions;
mod random_code;
mod slices;
mod waiting;
