//! The loss, for people and programs.

use serde::Serialize;
use std::fmt;

/// What the integer model loses against the float model, on the calibration data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The input, then every node.
    pub layers: Vec<LayerLoss>,
    /// The last node's result.
    pub output: OutputLoss,
}

/// Of one value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerLoss {
    /// The layer, and which part of it.
    pub layer: String,
    /// The operation; empty for the input.
    pub operation: String,
    /// Rows of an item.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// A step of the integers; none where each column has its own, and for indices.
    pub scale: Option<f64>,
    /// The integer that stands for 0.
    pub zero_point: i8,
    /// Root of the mean squared difference over that of the float value, all errors of earlier layers included.
    pub relative_rms: f64,
}

/// Of the output, in its own unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputLoss {
    /// Items that were run.
    pub items: usize,
    /// The largest difference of an element.
    pub max_error: f64,
    /// The mean difference.
    pub mean_error: f64,
    /// Share of the rows that have their first maximum in the same column.
    pub argmax_agreement: f64,
    /// Share of the rows whose maximum is at the label, of the float model.
    pub float_accuracy: Option<f64>,
    /// The same of the integer model.
    pub integer_accuracy: Option<f64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.layers.iter().map(|layer| layer.layer.len()).max().unwrap_or_default().max(5);
        writeln!(
            f,
            "{:width$}  {:12}  {:>11}  {:>10}  {:>5}  {:>9}",
            "layer", "operation", "item", "scale", "zero", "loss"
        )?;
        for layer in &self.layers {
            let item = format!("{}x{}", layer.rows, layer.columns);
            let scale = layer.scale.map_or_else(|| "-".into(), |scale| format!("{scale:.4e}"));
            let LayerLoss { layer: name, operation, zero_point, relative_rms, .. } = layer;
            let loss = 100.0 * relative_rms;
            writeln!(f, "{name:width$}  {operation:12}  {item:>11}  {scale:>10}  {zero_point:>5}  {loss:>7.3} %")?;
        }
        let OutputLoss { items, max_error, mean_error, argmax_agreement, .. } = self.output;
        writeln!(f, "\nitems                {items}")?;
        writeln!(f, "largest error        {max_error:.6}")?;
        writeln!(f, "mean error           {mean_error:.6}")?;
        writeln!(f, "same maximum         {:.2} %", 100.0 * argmax_agreement)?;
        if let (Some(float), Some(integer)) = (self.output.float_accuracy, self.output.integer_accuracy) {
            writeln!(f, "accuracy in floats   {:.2} %", 100.0 * float)?;
            writeln!(f, "accuracy in integers {:.2} %", 100.0 * integer)?;
        }
        Ok(())
    }
}
