//! The limits of what is read from strangers, each with a name.

/// Bytes of a file with a table.
pub const FILE_BYTES_MAX: usize = 50 * 1024 * 1024;
/// Bytes of a file with areas: JSON takes many times its size in memory.
pub const AREAS_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Rows of a table, the headings not counted.
pub const ROWS_MAX: usize = 200_000;
/// Columns of a table.
pub const COLUMNS_MAX: usize = 200;
/// Bytes of one cell, in UTF-8.
pub const CELL_BYTES_MAX: usize = 32 * 1024;
/// Bytes of all cells: a workbook may name one long text a million times.
pub const TABLE_BYTES_MAX: usize = 100 * 1024 * 1024;
/// Rows looked at for the headings; a ledger often has its title above them.
pub const HEADING_ROWS_MAX: usize = 10;

/// Files packed inside a workbook.
pub const PACKED_FILES_MAX: usize = 10_000;
/// Bytes of everything inside a workbook, unpacked.
pub const UNPACKED_BYTES_MAX: u64 = 200 * 1024 * 1024;
/// Bytes of a sheet or of the shared texts, unpacked.
pub const SHEET_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Bytes of every other part that is XML, unpacked: they grow most in memory.
pub const PART_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How many times larger a part may be than packed, once it is larger than [`RATIO_FROM_BYTES`].
pub const RATIO_MAX: u64 = 200;
/// Parts up to this size may pack as well as they like.
pub const RATIO_FROM_BYTES: u64 = 1024 * 1024;
/// Elements inside each other in a part of a workbook; real ones stay below 20.
pub const XML_DEPTH_MAX: usize = 64;

/// Faults listed for one file; more are counted.
pub const FAULTS_MAX: usize = 1_000;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 100;
/// Characters of a free text.
pub const TEXT_CHARS_MAX: usize = 5_000;
