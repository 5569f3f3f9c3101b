//! Tests of the server through its sockets.
