//! Nodes that are broken as beginners' nodes are, and the first sentence that is said of
//! each: its author must know from it what to mend.

mod nodes;
