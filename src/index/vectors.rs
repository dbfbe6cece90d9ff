//! Vectors of documents, eight bits a number, compared one by one.
//!
//! A comparison of all is exact but for the rounding, has nothing to keep in order, and takes milliseconds for a hundred
//! thousand: rows lie one behind the other, which is how memory is read fastest.

use pulp::Arch;

use super::Slot;
use super::documents::Allowed;

/// The vectors of an owner's documents, all of one model.
#[derive(Debug, Default)]
pub(super) struct Vectors {
    dimensions: usize,
    /// A row of `dimensions` numbers for each slot: those of its unit vector times [`STEPS`] over the largest.
    numbers: Vec<i8>,
    /// What the numbers of each row are to be multiplied by; 0 for a slot without a vector.
    scales: Vec<f32>,
    count: usize,
}

/// The cosine of what is not compared: less than any.
const NONE: f32 = f32::NEG_INFINITY;

/// The largest number of a row.
const STEPS: f32 = 127.0;

/// The share of slots there is room for beyond those there are, once there are any.
const ROOM: usize = 8;

impl Vectors {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Takes the vector of a slot in. The first tells how many numbers all have; others are left out. Room is made for as
    /// many slots as there are at once: growing moves all rows.
    pub(super) fn put(&mut self, slot: Slot, slots: usize, vector: &[f32]) {
        if self.count == 0 {
            *self = Self {
                dimensions: vector.len(),
                ..Self::default()
            };
        }
        if vector.len() != self.dimensions {
            return;
        }
        self.make_room(slots);
        let (numbers, scale) = quantised(vector);
        self.set(slot, &numbers, scale);
    }

    /// Gives the vector of a slot to another.
    pub(super) fn carry(&mut self, from: Slot, to: Slot) {
        let row = from as usize * self.dimensions..(from as usize + 1) * self.dimensions;
        if let Some(numbers) = self.numbers.get(row).map(<[i8]>::to_vec) {
            let scale = self.remove(from);
            self.set(to, &numbers, scale);
        }
    }

    /// Takes the vector of a slot out; returns what its row was to be multiplied by.
    pub(super) fn remove(&mut self, slot: Slot) -> f32 {
        let scale = self.scales.get_mut(slot as usize);
        let scale = scale.map(std::mem::take).unwrap_or_default();
        self.count -= usize::from(scale != 0.0);

        scale
    }

    /// The cosine of the query with each document, by slot; [`NONE`] for one that is not allowed or has no vector.
    pub(super) fn compare(&self, query: &[f32], allowed: &Allowed) -> Vec<f32> {
        if query.len() != self.dimensions || query.is_empty() {
            return Vec::new();
        }
        let (query, scale) = quantised(query);
        let mut cosines = vec![NONE; self.scales.len()];
        Arch::new().dispatch(|| self.fill(&query, allowed, &mut cosines));

        for cosine in &mut cosines {
            *cosine *= scale;
        }

        cosines
    }

    pub(super) fn compact(&mut self, places: &[Option<Slot>]) {
        let dimensions = self.dimensions;
        let held = std::mem::take(self);
        let rows = held.numbers.chunks_exact(dimensions.max(1));
        self.dimensions = dimensions;
        self.make_room(places.iter().flatten().count());
        for (place, (row, scale)) in places.iter().zip(rows.zip(held.scales)) {
            if let Some(place) = place {
                self.set(*place, row, scale);
            }
        }
    }

    pub(super) fn shrink(&mut self) {
        self.numbers.shrink_to_fit();
        self.scales.shrink_to_fit();
    }

    pub(super) fn bytes(&self) -> usize {
        self.numbers.capacity() + self.scales.capacity() * size_of::<f32>()
    }

    /// The cosine of each row with a query, but for the scale of the query; rows that are not allowed keep theirs.
    #[expect(
        clippy::inline_always,
        reason = "compiled with the instructions its caller may use"
    )]
    #[inline(always)]
    fn fill(&self, query: &[i8], allowed: &Allowed, cosines: &mut [f32]) {
        let rows = self.numbers.chunks_exact(self.dimensions).zip(&self.scales);
        for ((cosine, (row, scale)), is_allowed) in
            cosines.iter_mut().zip(rows).zip(allowed.slots())
        {
            if *is_allowed && *scale != 0.0 {
                *cosine = product(query, row) * scale;
            }
        }
    }

    /// Has room for so many slots: exactly, as long as there are no vectors.
    fn make_room(&mut self, slots: usize) {
        if slots * self.dimensions > self.numbers.capacity() {
            let wanted = slots + if self.count == 0 { 0 } else { slots / ROOM };
            self.numbers
                .reserve_exact(wanted * self.dimensions - self.numbers.len());
            self.scales
                .reserve_exact(wanted.saturating_sub(self.scales.len()));
        }
    }

    fn set(&mut self, slot: Slot, numbers: &[i8], scale: f32) {
        let slots = self.scales.len().max(slot as usize + 1);
        self.make_room(slots);
        self.scales.resize(slots, 0.0);
        self.numbers.resize(slots * self.dimensions, 0);

        self.remove(slot);
        self.count += usize::from(scale != 0.0);
        let start = slot as usize * self.dimensions;
        if let Some(row) = self.numbers.get_mut(start..start + self.dimensions) {
            row.copy_from_slice(numbers);
        }
        if let Some(place) = self.scales.get_mut(slot as usize) {
            *place = scale;
        }
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

/// The sum of products: a plain loop, which the compiler turns into wide instructions.
#[expect(
    clippy::inline_always,
    reason = "compiled with the instructions its caller may use"
)]
#[inline(always)]
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^24, and rounded beyond"
)]
fn product(a: &[i8], b: &[i8]) -> f32 {
    let mut sum = 0;
    for (a, b) in a.iter().zip(b) {
        sum += i32::from(*a) * i32::from(*b);
    }

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
