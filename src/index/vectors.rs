//! Vectors of documents, eight bits a number, compared one by one.
//!
//! A comparison of all is exact but for the rounding, has nothing to keep in order, and takes milliseconds for a hundred
//! thousand.

use super::Slot;
use super::documents::Allowed;

/// Slots without a vector.
const NONE: u32 = u32::MAX;

/// The vectors of an owner's documents, all of one model.
#[derive(Debug, Default)]
pub(super) struct Vectors {
    dimensions: usize,
    /// Rows of `dimensions` numbers; a unit vector's numbers times [`STEPS`] over the row's scale.
    numbers: Vec<i8>,
    /// What the numbers of each row are to be multiplied by.
    scales: Vec<f32>,
    /// The row of each slot.
    rows: Vec<u32>,
    /// Rows out of use.
    free: Vec<u32>,
}

/// The largest number of a row.
const STEPS: f32 = 127.0;

impl Vectors {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.scales.len() - self.free.len()
    }

    /// Takes the vector of a slot in. The first tells how many numbers all have; others are left out.
    pub(super) fn put(&mut self, slot: Slot, vector: &[f32]) {
        if self.scales.is_empty() {
            self.dimensions = vector.len();
        }
        if vector.len() != self.dimensions || vector.is_empty() {
            return;
        }
        let slot = slot as usize;
        if self.rows.len() <= slot {
            self.rows.resize(slot + 1, NONE);
        }
        let Some(place) = self.rows.get_mut(slot) else {
            return;
        };
        if *place == NONE {
            *place = self.free.pop().unwrap_or_else(|| {
                self.numbers.resize(self.numbers.len() + self.dimensions, 0);
                self.scales.push(0.0);
                u32::try_from(self.scales.len() - 1).unwrap_or(NONE)
            });
        }
        let row = *place as usize;
        let (numbers, scale) = quantised(vector);
        let start = row * self.dimensions;
        if let Some(place) = self.numbers.get_mut(start..start + self.dimensions) {
            place.copy_from_slice(&numbers);
        }
        if let Some(place) = self.scales.get_mut(row) {
            *place = scale;
        }
    }

    /// Gives the vector of a slot to another.
    pub(super) fn carry(&mut self, from: Slot, to: Slot) {
        let row = self.take(from);
        if row == NONE {
            return;
        }
        let to = to as usize;
        if self.rows.len() <= to {
            self.rows.resize(to + 1, NONE);
        }
        if let Some(place) = self.rows.get_mut(to) {
            *place = row;
        }
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        let row = self.take(slot);
        if row != NONE {
            self.free.push(row);
        }
    }

    /// The cosine of the query with each allowed document that has a vector, in no order.
    pub(super) fn compare(&self, query: &[f32], allowed: &Allowed) -> Vec<(Slot, f32)> {
        if query.len() != self.dimensions {
            return Vec::new();
        }
        let (query, query_scale) = quantised(query);

        (0..)
            .zip(&self.rows)
            .filter(|(slot, row)| **row != NONE && allowed.has(*slot))
            .filter_map(|(slot, row)| {
                let row = *row as usize;
                let numbers = self
                    .numbers
                    .get(row * self.dimensions..(row + 1) * self.dimensions)?;
                let scale = self.scales.get(row)? * query_scale;
                Some((slot, product(&query, numbers) * scale))
            })
            .collect()
    }

    pub(super) fn compact(&mut self, places: &[Option<Slot>]) {
        let slots = places.iter().flatten().count();
        let mut moved = vec![NONE; slots];
        for (place, row) in places.iter().zip(&self.rows) {
            if let Some(place) = place.and_then(|place| moved.get_mut(place as usize)) {
                *place = *row;
            }
        }
        self.rows = moved;
    }

    pub(super) fn shrink(&mut self) {
        self.numbers.shrink_to_fit();
        self.scales.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    pub(super) fn bytes(&self) -> usize {
        self.numbers.capacity() + (self.scales.capacity() + self.rows.capacity()) * size_of::<u32>()
    }

    fn take(&mut self, slot: Slot) -> u32 {
        self.rows
            .get_mut(slot as usize)
            .map_or(NONE, |row| std::mem::replace(row, NONE))
    }
}

/// A vector in eight bits a number, and what to multiply them by to get its unit vector.
fn quantised(vector: &[f32]) -> (Vec<i8>, f32) {
    let largest = vector
        .iter()
        .fold(0.0_f32, |largest, number| largest.max(number.abs()));
    let length = vector
        .iter()
        .map(|number| number * number)
        .sum::<f32>()
        .sqrt();
    if largest == 0.0 || !length.is_finite() {
        return (vec![0; vector.len()], 0.0);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the quotient is within the steps"
    )]
    let numbers = vector
        .iter()
        .map(|number| (number / largest * STEPS).round() as i8)
        .collect();

    (numbers, largest / STEPS / length)
}

/// The sum of products, in a form the compiler turns into wide instructions.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^24, and rounded beyond"
)]
fn product(a: &[i8], b: &[i8]) -> f32 {
    let sum: i32 = a
        .iter()
        .zip(b)
        .map(|(a, b)| i32::from(*a) * i32::from(*b))
        .sum();

    sum as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_in_eight_bits_is_nearly_the_same() {
        let vector: Vec<f32> = (0..=255_u8)
            .map(|number| f32::from(number) - 100.0)
            .collect();
        let length = vector
            .iter()
            .map(|number| number * number)
            .sum::<f32>()
            .sqrt();

        let (numbers, scale) = quantised(&vector);

        for (number, original) in numbers.iter().zip(&vector) {
            assert!((f32::from(*number) * scale - original / length).abs() < 0.001);
        }
        assert_eq!(quantised(&[0.0; 3]), (vec![0; 3], 0.0));
    }
}
