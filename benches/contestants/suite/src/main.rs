//! One test of a large suite: `suite NUMBER`.
//!
//! A shop of twelve parts, a lock each. Every test does some of its forty errands, each of which takes
//! two or three locks in the order of the parts, in two threads. One test in eight does one of five
//! errands the wrong way round: that is what is to be found, a few mistakes seen by many tests.

use std::sync::mpsc;

use lockgraph::sync::{Mutex, RwLock};
use lockgraph::thread;

const PARTS: usize = 12;
const ERRANDS: usize = 40;
const MISTAKES: usize = 5;

struct Shop {
    shelves: Vec<Mutex<u64>>,
    books: Vec<RwLock<u64>>,
}

impl Shop {
    fn open() -> Shop {
        let shelves = (0..PARTS / 2).map(|_| Mutex::new(0)).collect();
        let books = (0..PARTS / 2).map(|_| RwLock::new(0)).collect();
        Shop { shelves, books }
    }

    /// From the front to the back.
    fn errand(&self, number: usize) {
        let (first, second) = (number % self.shelves.len(), number % self.books.len());
        let shelf = self.shelves[first].lock();
        let mut book = self.books[second].write();
        *book.as_deref_mut().expect("nobody panics") += shelf.is_ok() as u64;
        if number.is_multiple_of(3) {
            drop(self.books[(second + 1) % self.books.len()].try_read());
        }
    }

    /// From the back to the front, each at places of its own.
    fn mistake(&self, number: usize) {
        match number {
            0 => wrong_way(&self.books[0], &self.shelves[0]),
            1 => {
                let book = self.books[1].write();
                let shelf = self.shelves[1].lock();
                drop((shelf, book));
            }
            2 => {
                let book = self.books[2].read();
                let shelf = self.shelves[2].lock();
                drop((shelf, book));
            }
            3 => {
                let book = self.books[3].write();
                let shelf = self.shelves[3].lock();
                drop((book, shelf));
            }
            _ => wrong_way(&self.books[4], &self.shelves[4]),
        }
    }
}

fn wrong_way(book: &RwLock<u64>, shelf: &Mutex<u64>) {
    let book = book.write();
    let shelf = shelf.lock();
    drop((shelf, book));
}

fn main() {
    let number = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0_usize);
    let shop = Shop::open();
    // A channel of the original: nobody is seen to wait, but the two do not meet.
    let (done, is_done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let shop = &shop;
        scope.spawn(move || {
            for errand in 0..ERRANDS {
                if number.wrapping_mul(2_654_435_761) >> (errand % 24) & 1 == 0
                    || number.is_multiple_of(8)
                {
                    shop.errand(errand);
                }
            }
            drop(done);
        });
        scope.spawn(move || {
            let _ = is_done.recv();
            if number.is_multiple_of(8) {
                shop.mistake(number / 8 % MISTAKES);
            }
        });
    });
}
