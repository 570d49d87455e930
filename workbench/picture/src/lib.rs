//! Pictures of a run, each a function of its history, its results and its messages, and
//! a text of SVG or HTML that needs nothing else.
//!
//! - [`plot`]: charts, and messages as arrows between lanes.
//! - [`timeline`]: operations as boxes, one column a client.
//! - [`proof`]: what is wrong, drawn: a cycle, a window without an order, a lost element.
//! - [`clock`]: times for a history that has none.
//! - [`svg`], [`palette`]: what they are drawn with.
//!
//! ```
//! use history::History;
//! use picture::plot;
//! use simulation::recording::Recording;
//!
//! let history = History::read(
//!     "{:process 0, :type :invoke, :f :echo, :value 1, :time 0, :index 0}
//!      {:process 0, :type :ok, :f :echo, :value 1, :time 3000000, :index 1}",
//! )?;
//! let files = plot::files(&history, &Recording::default());
//! assert!(files.iter().any(|(name, svg)| *name == "rate.svg" && svg.starts_with("<svg")));
//! # Ok::<(), history::HistoryError>(())
//! ```

pub mod clock;
pub mod palette;
pub mod plot;
pub mod proof;
pub mod svg;
pub mod timeline;
