//! The four forms of output. JSON is what came, encoded again; a table is for people.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::pin::pin;

use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};
use futures_util::{Stream, TryStreamExt};
use huaweicloud_tasks::Error;
use huaweicloud_tasks::dcs::types::{ShowBackgroundTaskProgressResponse, StepDetail};
use serde::Serialize;
use serde_json::value::RawValue;
use unicode_width::UnicodeWidthStr;

use crate::Failure;
use crate::args::Output;
use crate::rows::{Row, show, time};

/// Says on standard error what went wrong. Where even that cannot be written, the exit code tells.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "error: {}", printable(message));
}

/// Prints one page of tasks; `count` is how many there are, as far as the service says.
pub(crate) fn page<P: Serialize, T: Row>(
    page: &P,
    tasks: &[T],
    count: Option<u64>,
    output: Output,
) -> Result<(), Failure> {
    match output {
        Output::Json => json(page),
        Output::Ndjson => ndjson(tasks),
        Output::Csv => csv(T::FIELDS, tasks),
        Output::Table => {
            print(&table(&T::HEADERS, tasks.iter().map(T::row)))?;
            if let Some(count) = count.filter(|count| {
                usize::try_from(*count).is_ok_and(|n| n > tasks.len() && !tasks.is_empty())
            }) {
                eprintln!("{} of {count} tasks; --all lists them all", tasks.len());
            }
            Ok(())
        }
    }
}

/// Prints every task of a stream. As NDJSON and CSV they are printed as they come; a table and a JSON
/// array need them all.
pub(crate) async fn all<T: Row>(
    tasks: impl Stream<Item = Result<T, Error>>,
    output: Output,
) -> Result<(), Failure> {
    let mut tasks = pin!(tasks);
    let mut counter = Counter::default();
    let mut kept = Vec::new();
    let mut names = true;
    // In chunks, so that each write is worth its while.
    let mut chunk = Vec::new();
    loop {
        let next = tasks.try_next().await;
        let ended = !matches!(next, Ok(Some(_)));
        let failure = match next {
            Ok(Some(task)) => {
                counter.count();
                chunk.push(task);
                None
            }
            Ok(None) => None,
            // What came before it is printed first.
            Err(error) => Some(error),
        };
        if chunk.len() == 100 || ended {
            match output {
                Output::Ndjson => ndjson(&chunk)?,
                Output::Csv => csv_records(T::FIELDS, &chunk, std::mem::take(&mut names))?,
                Output::Json | Output::Table => kept.append(&mut chunk),
            }
            chunk.clear();
        }
        if ended {
            counter.clear();
            match output {
                Output::Json => json(&kept)?,
                Output::Table => print(&table(&T::HEADERS, kept.iter().map(T::row)))?,
                Output::Ndjson | Output::Csv => {}
            }
            return failure.map_or(Ok(()), |error| Err(error.into()));
        }
    }
}

/// How many tasks there are so far, on standard error where a person looks at it.
#[derive(Default)]
struct Counter {
    tasks: u64,
}

impl Counter {
    fn count(&mut self) {
        self.tasks = self.tasks.saturating_add(1);
        if self.tasks.is_multiple_of(100) && std::io::stderr().is_terminal() {
            eprint!("\r{} tasks", self.tasks);
        }
    }

    fn clear(&self) {
        if self.tasks >= 100 && std::io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
    }
}

/// Prints the progress of a task. It is one JSON value; as CSV, a record is a step.
pub(crate) fn progress(
    progress: &ShowBackgroundTaskProgressResponse,
    output: Output,
) -> Result<(), Failure> {
    match output {
        Output::Json => json(progress),
        Output::Ndjson => ndjson(std::slice::from_ref(progress)),
        Output::Csv => csv(StepDetail::FIELDS, &progress.step_details),
        Output::Table => {
            let mut rows = Vec::new();
            for step in &progress.step_details {
                rows.push(vec![
                    show(&step.step_name),
                    show(&step.step_status),
                    time(&step.begin_time),
                    time(&step.end_time),
                    show(&step.error_code),
                    String::new(),
                ]);
                for part in &step.sub_step_details {
                    rows.push(vec![
                        format!("└ {}", show(&part.sub_step_name)),
                        show(&part.sub_step_status),
                        time(&part.begin_time),
                        time(&part.end_time),
                        show(&part.error_code),
                        part.detail.clone().unwrap_or_default(),
                    ]);
                }
            }
            print(&format!(
                "{} % done, {} s remain\n{}",
                show(&progress.progress),
                show(&progress.remain_time),
                table(
                    &[
                        "STEP",
                        "STATUS",
                        "STARTED (UTC)",
                        "ENDED (UTC)",
                        "CODE",
                        "DETAIL"
                    ],
                    rows
                )
            ))
        }
    }
}

/// A known region of a service.
#[derive(Debug, Serialize)]
pub(crate) struct Region {
    pub(crate) service: &'static str,
    pub(crate) region: &'static str,
    pub(crate) endpoint: String,
}

/// Prints the known regions.
pub(crate) fn regions(regions: &[Region], output: Output) -> Result<(), Failure> {
    match output {
        Output::Json => json(&regions),
        Output::Ndjson => ndjson(regions),
        Output::Csv => csv(&["service", "region", "endpoint"], regions),
        Output::Table => {
            let rows = regions.iter().map(|region| {
                vec![
                    region.service.to_string(),
                    region.region.to_string(),
                    region.endpoint.clone(),
                ]
            });
            print(&table(&["SERVICE", "REGION", "ENDPOINT"], rows))
        }
    }
}

pub(crate) fn print(text: &impl std::fmt::Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    print(&serde_json::to_string_pretty(value).map_err(std::io::Error::from)?)
}

pub(crate) fn ndjson(values: &[impl Serialize]) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for value in values {
        serde_json::to_writer(&mut out, value).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

/// One record a value: texts as they are, anything else as JSON, so that no digit is lost.
fn csv(fields: &[&str], values: &[impl Serialize]) -> Result<(), Failure> {
    csv_records(fields, values, true)
}

pub(crate) fn csv_records(
    fields: &[&str],
    values: &[impl Serialize],
    names: bool,
) -> Result<(), Failure> {
    let terminal = std::io::stdout().is_terminal();
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    if names {
        out.write_record(fields).map_err(io_error)?;
    }
    for value in values {
        let json = serde_json::to_string(value).map_err(std::io::Error::from)?;
        let members: BTreeMap<String, &RawValue> =
            serde_json::from_str(&json).map_err(std::io::Error::from)?;
        let record = fields.iter().map(|field| {
            let raw = members.get(*field).map_or("null", |value| value.get());
            match raw {
                "null" => String::new(),
                raw => {
                    let text = serde_json::from_str(raw).unwrap_or_else(|_| raw.to_string());
                    if terminal { printable(&text) } else { text }
                }
            }
        });
        out.write_record(record).map_err(io_error)?;
    }
    out.flush()?;
    Ok(())
}

/// The error that csv wraps, so that a closed pipe is known for one.
fn io_error(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

/// A table that fits the terminal; in a file or a pipe, as wide as it needs.
///
/// Ids are there to be copied, so that the first column never breaks. Where the terminal is too
/// narrow for all columns, the last ones are left out, and a line says so.
fn table(headers: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    if rows.is_empty() {
        return "nothing to show".to_string();
    }
    let mut table = Table::new();
    let shown = match table.width() {
        Some(width) => fitting(headers, &rows, usize::from(width)),
        None => headers.len(),
    };
    let (visible, hidden) = headers.split_at_checked(shown).unwrap_or((headers, &[]));
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(visible.to_vec());
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let status = headers.iter().position(|header| *header == "STATUS");
    for row in &rows {
        let cells = row.iter().take(shown).enumerate().map(|(column, text)| {
            let cell = Cell::new(printable(text));
            match colour_of(text) {
                Some(c) if colour && Some(column) == status => cell.fg(c),
                _ => cell,
            }
        });
        table.add_row(cells.collect::<Vec<_>>());
    }
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    match hidden {
        [] => table.to_string(),
        hidden => format!(
            "{table}\nToo narrow for {}; --output json has everything.",
            hidden.join(", ")
        ),
    }
}

/// How many columns have room. Those after the first wrap, and want this much at least.
fn fitting(headers: &[&str], rows: &[Vec<String>], width: usize) -> usize {
    const LEAST: usize = 12;
    let content = |column: usize, header: &str| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|text| text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0));
        widths.chain([header.len()]).max().unwrap_or(0)
    };
    let mut used = 1_usize;
    for (column, header) in headers.iter().enumerate() {
        let content = content(column, header);
        let room = if column == 0 {
            content
        } else {
            content.min(LEAST)
        };
        // Two spaces and a border a column.
        used = used.saturating_add(room).saturating_add(3);
        if used > width {
            return column.max(1);
        }
    }
    headers.len()
}

fn colour_of(status: &str) -> Option<Color> {
    match status {
        "SUCCESS" | "FINISH" => Some(Color::Green),
        "FAILED" | "CANCELLED" | "CANCELED" | "DELETED" => Some(Color::Red),
        "CREATED" | "EXECUTING" => Some(Color::Yellow),
        _ => None,
    }
}

/// Text of a service, made harmless: a control character could steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| -> Box<dyn Iterator<Item = char>> {
            if c.is_control() && c != '\n' {
                Box::new(c.escape_default())
            } else {
                Box::new(std::iter::once(c))
            }
        })
        .collect()
}
