//! Datasets: what Fieldbook keeps, under the names people ask for.
