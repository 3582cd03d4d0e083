//! The kit of the doors: who asks, what was sent, how an answer and a refusal look. Knows HTTP and no domain.

pub mod answer;
pub mod demonstration;
pub mod form;
pub mod house;
pub mod messages;
pub mod problem;
pub mod public;
pub mod reasons;
pub mod refusals;
pub mod request;
pub mod run;
pub mod vocabularies;
