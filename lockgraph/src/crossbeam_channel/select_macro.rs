//! `select!` and `select_biased!`, on top of [`Select`](super::Select).
//!
//! The cases are read one after the other (`@read`), and kept as
//! `(result, channel, index, kind, arguments, pattern, body)`: the first three are names that are new
//! with each case, by hygiene. Then all channels are borrowed by nested matches (`@borrow`), so that
//! temporaries in their expressions live until the operation is done; what it came to lies in the
//! `result` of its case. Bodies come after all that, and may do with the channels what they like.

/// Waits for any of several operations, does it, and goes on with its body. See
/// `crossbeam_channel::select!`.
///
/// # Examples
///
/// ```
/// use lockgraph::crossbeam_channel::{select, unbounded};
///
/// let (sender, receiver) = unbounded();
/// let (answers, _answered) = unbounded();
/// drop(sender);
/// let what: &str = select! {
///     recv(receiver) -> message => match message {
///         Ok(()) => "a message",
///         Err(_) => "no sender",
///     },
///     send(answers, 1) -> _ => "sent",
/// };
/// assert!(["no sender", "sent"].contains(&what));
///
/// let nothing = select! {
///     default => true,
/// };
/// assert!(nothing);
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __crossbeam_select {
    ($($cases:tt)*) => { $crate::__crossbeam_select_from!(new $($cases)*) };
}

/// As `select!`: of several operations that are ready, the first one is selected.
#[doc(hidden)]
#[macro_export]
macro_rules! __crossbeam_select_biased {
    ($($cases:tt)*) => { $crate::__crossbeam_select_from!(new_biased $($cases)*) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __crossbeam_select_from {
    // All cases are read.
    (@read $new:ident
        [$(($result:ident $channel:ident $index:ident $kind:ident $args:tt $pattern:tt $body:tt))*]
        $default:tt
    ) => {{
        $(let mut $result = ::std::option::Option::None;)*
        $crate::__crossbeam_select_from!(
            @borrow $new [$(($channel $kind $args))*] $default
            [$(($result $channel $index $kind $args))*]
        );
        $(if let ::std::option::Option::Some(result) = $result {
            let $pattern = result;
            $body
        } else)* {
            $crate::__crossbeam_select_from!(@otherwise $default)
        }
    }};

    (@read $new:ident $cases:tt [] default $(($($timeout:tt)*))? => $body:block, $($rest:tt)*) => {
        $crate::__crossbeam_select_from!(
            @read $new $cases [[$($($timeout)*)?] { $body }] $($rest)*
        )
    };
    (@read $new:ident $cases:tt [] default $(($($timeout:tt)*))? => $body:block $($rest:tt)*) => {
        $crate::__crossbeam_select_from!(
            @read $new $cases [[$($($timeout)*)?] { $body }] $($rest)*
        )
    };
    (@read $new:ident $cases:tt [] default $(($($timeout:tt)*))? => $body:expr, $($rest:tt)*) => {
        $crate::__crossbeam_select_from!(
            @read $new $cases [[$($($timeout)*)?] { $body }] $($rest)*
        )
    };
    (@read $new:ident $cases:tt [] default $(($($timeout:tt)*))? => $body:expr) => {
        $crate::__crossbeam_select_from!(@read $new $cases [[$($($timeout)*)?] { $body }])
    };
    (@read $new:ident $cases:tt $default:tt default $($rest:tt)*) => {
        ::std::compile_error!("there can be only one `default` case in a `select!` block")
    };

    (@read $new:ident [$($cases:tt)*] $default:tt
        $kind:ident $args:tt -> $pattern:pat => $body:block, $($rest:tt)*
    ) => {
        $crate::__crossbeam_select_from!(
            @read $new [$($cases)* (result channel index $kind $args $pattern { $body })] $default
            $($rest)*
        )
    };
    (@read $new:ident [$($cases:tt)*] $default:tt
        $kind:ident $args:tt -> $pattern:pat => $body:block $($rest:tt)*
    ) => {
        $crate::__crossbeam_select_from!(
            @read $new [$($cases)* (result channel index $kind $args $pattern { $body })] $default
            $($rest)*
        )
    };
    (@read $new:ident [$($cases:tt)*] $default:tt
        $kind:ident $args:tt -> $pattern:pat => $body:expr, $($rest:tt)*
    ) => {
        $crate::__crossbeam_select_from!(
            @read $new [$($cases)* (result channel index $kind $args $pattern { $body })] $default
            $($rest)*
        )
    };
    (@read $new:ident [$($cases:tt)*] $default:tt
        $kind:ident $args:tt -> $pattern:pat => $body:expr
    ) => {
        $crate::__crossbeam_select_from!(
            @read $new [$($cases)* (result channel index $kind $args $pattern { $body })] $default
        )
    };
    (@read $($case:tt)*) => {
        ::std::compile_error!(
            "a case of a `select!` block is `recv(receiver) -> result => body`, \
             `send(sender, message) -> result => body`, `default => body` or \
             `default(timeout) => body`"
        )
    };

    // All channels are borrowed.
    (@borrow $new:ident [] $default:tt
        [$(($result:ident $channel:ident $index:ident $kind:ident $args:tt))*]
    ) => {{
        #[allow(unused_mut, reason = "there may be no case but the default")]
        let mut select = $crate::crossbeam_channel::Select::$new();
        $(let $index = select.$kind($channel);)*
        let selected = $crate::__crossbeam_select_from!(@wait select $default);
        if let ::std::option::Option::Some(operation) = selected {
            $(if operation.index() == $index {
                $result = ::std::option::Option::Some(
                    $crate::__crossbeam_select_from!(@do operation $channel $kind $args)
                );
            } else)* {
                ::std::unreachable!("what was selected is one of the operations")
            }
        }
    }};
    (@borrow $new:ident [($channel:ident recv ($receiver:expr $(,)?)) $($rest:tt)*]
        $default:tt $cases:tt
    ) => {
        match &$receiver {
            borrowed => {
                let $channel: &$crate::crossbeam_channel::Receiver<_> = borrowed;
                $crate::__crossbeam_select_from!(@borrow $new [$($rest)*] $default $cases)
            }
        }
    };
    (@borrow $new:ident [($channel:ident send ($sender:expr, $message:expr $(,)?)) $($rest:tt)*]
        $default:tt $cases:tt
    ) => {
        match &$sender {
            borrowed => {
                let $channel: &$crate::crossbeam_channel::Sender<_> = borrowed;
                $crate::__crossbeam_select_from!(@borrow $new [$($rest)*] $default $cases)
            }
        }
    };
    (@borrow $new:ident [($channel:ident $kind:ident $args:tt) $($rest:tt)*]
        $default:tt $cases:tt
    ) => {
        ::std::compile_error!(
            "an operation of a `select!` block is `recv(receiver)` or `send(sender, message)`"
        )
    };

    (@wait $select:ident []) => { ::std::option::Option::Some($select.select()) };
    (@wait $select:ident [[] $body:tt]) => { $select.try_select().ok() };
    (@wait $select:ident [[$timeout:expr] $body:tt]) => { $select.select_timeout($timeout).ok() };

    (@do $operation:ident $channel:ident recv $args:tt) => { $operation.recv($channel) };
    (@do $operation:ident $channel:ident send ($sender:expr, $message:expr $(,)?)) => {
        $operation.send($channel, $message)
    };

    (@otherwise []) => { ::std::unreachable!("some operation was done") };
    (@otherwise [$timeout:tt $body:tt]) => { $body };

    ($new:ident) => { ::std::compile_error!("empty `select!` block") };
    ($new:ident $($cases:tt)+) => {
        $crate::__crossbeam_select_from!(@read $new [] [] $($cases)+)
    };
}
