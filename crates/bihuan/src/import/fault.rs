//! What can be wrong with a file or a row: a stable code, and what to do, in both languages.
//!
//! Invariant: a message quotes at most [`QUOTE_CHARS_MAX`] characters of what it was given.

use super::limit;
use bihuan_core::text::Text;
use serde::Serialize;
use thiserror::Error;

/// Characters of foreign text quoted in a message.
const QUOTE_CHARS_MAX: usize = 40;

/// A file that is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[error("failed to read `{file}`{}: {}", place(*line, column.as_deref()), message.en)]
pub struct ImportError {
    /// Stable code.
    pub code: &'static str,
    /// The file as the sender named it.
    pub file: String,
    /// Line of a text file or row of a sheet, from 1, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Heading or letters of the column, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is wrong and what to do.
    pub message: Box<Text>,
}

/// A fault of one row; the other rows are read all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowFault {
    /// Line of a text file, row of a sheet, number of a feature; from 1.
    pub line: usize,
    /// Heading of the column; empty when the whole row is meant.
    pub column: String,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: Text,
}

/// Where something is wrong inside a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Line or row, from 1.
    pub line: Option<usize>,
    /// Column.
    pub column: Option<String>,
}

impl Spot {
    /// A line.
    #[must_use]
    pub fn line(line: usize) -> Spot {
        Spot { line: Some(line), column: None }
    }

    /// A cell.
    #[must_use]
    pub fn cell(line: usize, column: impl Into<String>) -> Spot {
        Spot { line: Some(line), column: Some(column.into()) }
    }
}

impl ImportError {
    /// A refusal of `file`.
    #[must_use]
    pub fn new(file: &str, spot: Spot, fault: &Fault) -> ImportError {
        let Spot { line, column } = spot;
        let column = column.map(|it| quote(&it));
        let message = Box::new(fault.text());
        ImportError { code: fault.code(), file: quote(file), line, column, message }
    }
}

impl RowFault {
    /// A fault in a column of a line.
    #[must_use]
    pub fn new(line: usize, column: &str, fault: &Fault) -> RowFault {
        RowFault { line, column: quote(column), code: fault.code(), message: fault.text() }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file is larger than allowed.
    FileLarge,
    /// The file has no row.
    Empty,
    /// The bytes are no text that we know.
    Encoding,
    /// The file is of another kind; the word says which.
    NotTable(&'static str),
    /// More rows than allowed.
    RowsMax,
    /// More columns than allowed.
    ColumnsMax,
    /// A cell larger than allowed.
    CellLarge,
    /// All cells together larger than allowed.
    TableLarge,
    /// Two columns have the same heading.
    HeadingTwice(String),
    /// A column with content has no heading.
    HeadingMissing,
    /// A column that is needed is not there.
    ColumnMissing(String),
    /// A formula where a value is needed.
    Formula,
    /// A formula that failed, such as `#REF!`.
    CellError(String),
    /// A control character.
    Control,
    /// A quoted cell never ends.
    QuoteOpen,
    /// The workbook is damaged or cut short.
    WorkbookBroken,
    /// The workbook asks for a password.
    Password,
    /// The workbook has no sheet with a table.
    SheetMissing,
    /// Too many files inside the workbook.
    PackedFiles,
    /// A part of the workbook unpacks to more than allowed.
    Unpacked,
    /// XML too deep.
    XmlDepth,
    /// XML with a document type, which may name other files.
    XmlDoctype,
    /// A cell that must be filled is empty.
    Missing,
    /// A key outside its alphabet.
    Key(String),
    /// Text longer than so many characters.
    TextLong(usize),
    /// The same key or row twice; first in this line.
    Twice(usize),
    /// Another value than in an earlier line of the same key.
    Differs(usize),
    /// A word that is not listed.
    Unknown(String),
    /// A word of a short list is needed.
    Choice(String, &'static str),
    /// No number.
    Number(String),
    /// A coordinate outside the earth or not a number.
    Coordinate(String),
    /// No date.
    Date(String),
    /// A date before 2000 or after 2099.
    DateRange(String),
    /// The end is not after the beginning.
    Period,
    /// A time before the one that must come first; its heading.
    TimeOrder(String),
    /// A fault that another part of the product names.
    Other(&'static str, String),
    /// The mapping of columns cannot be read.
    Mapping(String),
    /// JSON that cannot be read.
    Json(String),
}

impl Fault {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Fault::FileLarge => "file_large",
            Fault::Empty => "file_empty",
            Fault::Encoding => "file_encoding",
            Fault::NotTable(_) => "file_kind",
            Fault::RowsMax => "table_rows",
            Fault::ColumnsMax => "table_columns",
            Fault::CellLarge => "cell_large",
            Fault::TableLarge => "table_large",
            Fault::HeadingTwice(_) => "heading_twice",
            Fault::HeadingMissing => "heading_missing",
            Fault::ColumnMissing(_) => "column_missing",
            Fault::Formula => "cell_formula",
            Fault::CellError(_) => "cell_error",
            Fault::Control => "cell_control",
            Fault::QuoteOpen => "quote_open",
            Fault::WorkbookBroken => "workbook_broken",
            Fault::Password => "workbook_password",
            Fault::SheetMissing => "workbook_sheet",
            Fault::PackedFiles => "workbook_files",
            Fault::Unpacked => "workbook_unpacked",
            Fault::XmlDepth => "xml_depth",
            Fault::XmlDoctype => "xml_doctype",
            Fault::Missing => "value_missing",
            Fault::Key(_) => "value_key",
            Fault::TextLong(_) => "value_long",
            Fault::Twice(_) => "value_twice",
            Fault::Differs(_) => "value_differs",
            Fault::Unknown(_) => "value_unknown",
            Fault::Choice(..) => "value_choice",
            Fault::Number(_) => "value_number",
            Fault::Coordinate(_) => "value_coordinate",
            Fault::Date(_) => "value_date",
            Fault::DateRange(_) => "value_date_range",
            Fault::Period => "value_period",
            Fault::TimeOrder(_) => "value_time_order",
            Fault::Other(code, _) => code,
            Fault::Mapping(_) => "mapping",
            Fault::Json(_) => "json",
        }
    }

    /// What is wrong and what to do.
    #[must_use]
    pub fn text(&self) -> Text {
        self.file_text().or_else(|| self.workbook_text()).unwrap_or_else(|| self.value_text())
    }

    fn file_text(&self) -> Option<Text> {
        Some(match self {
            Fault::FileLarge => two("文件超过上限，请拆分后再导入", "too large; split the file"),
            Fault::Empty => two("文件里没有数据行", "there is no row; fill the table first"),
            Fault::Encoding => two(
                "无法确认文字编码，请另存为“CSV UTF-8”或 XLSX",
                "the encoding is not known; save it as CSV UTF-8 or as XLSX",
            ),
            Fault::NotTable(kind) => Text::new(
                format!("这是 {kind} 文件，请另存为 XLSX 或 CSV"),
                format!("this is {kind}; save it as XLSX or CSV"),
            ),
            Fault::RowsMax => limit("行", "rows", limit::ROWS_MAX),
            Fault::ColumnsMax => limit("列", "columns", limit::COLUMNS_MAX),
            Fault::CellLarge => limit("字节（单元格）", "bytes a cell", limit::CELL_BYTES_MAX),
            Fault::TableLarge => limit("字节（全表）", "bytes a table", limit::TABLE_BYTES_MAX),
            Fault::HeadingTwice(it) => Text::new(
                format!("表头“{}”出现两次，请改名或删去一列", quote(it)),
                format!("the heading “{}” stands twice; rename or remove one", quote(it)),
            ),
            Fault::HeadingMissing => {
                two("这一列有内容但没有表头，请补上", "a column with content needs a heading")
            }
            Fault::ColumnMissing(it) => Text::new(
                format!("缺少“{}”列，请补上或在对应关系里指定", quote(it)),
                format!("column “{}” is needed; add it or name it in the mapping", quote(it)),
            ),
            Fault::Control => {
                two("含有不可见的控制字符，请重新录入", "retype it: it has control characters")
            }
            Fault::QuoteOpen => two(
                "引号没有结束，文件可能被截断，请重新导出",
                "a quote never ends, the file may be cut short; export it again",
            ),
            Fault::Json(it) => Text::new(
                format!("不是有效的 GeoJSON（{}），请重新导出", quote(it)),
                format!("this is no GeoJSON ({}); export it again", quote(it)),
            ),
            Fault::Mapping(it) => Text::new(
                format!("列对应关系无法读取：{}", quote(it)),
                format!("the mapping of columns cannot be read: {}", quote(it)),
            ),
            _ => return None,
        })
    }

    fn workbook_text(&self) -> Option<Text> {
        Some(match self {
            Fault::Formula => two(
                "单元格是公式，请复制后“选择性粘贴—数值”",
                "the cell is a formula; copy it and paste its value",
            ),
            Fault::CellError(it) => Text::new(
                format!("单元格出错（{}），请更正后再导入", quote(it)),
                format!("the cell shows {}; mend it first", quote(it)),
            ),
            Fault::WorkbookBroken => two(
                "工作簿已损坏或不完整，请用表格软件打开并另存",
                "the workbook is damaged or cut short; open and save it again",
            ),
            Fault::Password => {
                two("工作簿有密码，请取消密码后再导入", "take the password off the workbook")
            }
            Fault::SheetMissing => {
                two("工作簿里没有可见的数据表", "the workbook has no visible sheet with a table")
            }
            Fault::PackedFiles => {
                two("工作簿内文件过多，请另存为新文件", "too many files inside; save it anew")
            }
            Fault::Unpacked => two(
                "工作簿解压后过大，请只保留要导入的数据另存",
                "the workbook unpacks to too much; save only what is to be read",
            ),
            Fault::XmlDepth => {
                two("工作簿结构异常（嵌套过深），请另存为新文件", "nested too deep; save it anew")
            }
            Fault::XmlDoctype => two(
                "工作簿含有文档类型声明，已拒绝，请另存为新文件",
                "the workbook has a document type; save it anew",
            ),
            _ => return None,
        })
    }

    fn value_text(&self) -> Text {
        match self {
            Fault::Key(it) => {
                quoted(it, "编号只能用小写字母、数字、_ 和 -", "is no key of a-z, 0-9, _ and -")
            }
            Fault::TextLong(max) => limit("字", "characters", *max),
            Fault::Twice(line) => Text::new(
                format!("与第 {line} 行重复，请删去一行"),
                format!("the same stands in line {line}; remove one"),
            ),
            Fault::Differs(line) => Text::new(
                format!("与第 {line} 行同一编号的内容不一致"),
                format!("line {line} says something else of the same key"),
            ),
            Fault::Unknown(it) => {
                quoted(it, "查不到，请先登记或改正", "is not known; register or correct it")
            }
            Fault::Choice(it, list) => Text::new(
                format!("“{}”不在可选范围（{list}）", quote(it)),
                format!("“{}” is none of {list}", quote(it)),
            ),
            Fault::Number(it) => quoted(it, "不是数字", "is no number"),
            Fault::Coordinate(it) => {
                quoted(it, "不是有效的经纬度，应为十进制度", "is no coordinate in degrees")
            }
            Fault::Date(it) => quoted(
                it,
                "不是日期，应写成 2021-04-16 或 2021-04-16 15:30",
                "is no date such as 2021-04-16",
            ),
            Fault::DateRange(it) => {
                quoted(it, "超出 2000–2099 年，请核对", "lies outside 2000 to 2099; check the year")
            }
            Fault::Period => two("结束不晚于开始", "the end must be after the beginning"),
            Fault::TimeOrder(it) => Text::new(
                format!("早于“{}”，请核对时间", quote(it)),
                format!("is before “{}”; check the times", quote(it)),
            ),
            Fault::Other(_, it) => Text::new(quote(it), quote(it)),
            _ => two("必填，请补上", "must be filled"),
        }
    }
}

fn two(zh: &str, en: &str) -> Text {
    Text::new(zh, en)
}

fn quoted(value: &str, zh: &str, en: &str) -> Text {
    let value = quote(value);
    Text::new(format!("“{value}”{zh}"), format!("“{value}” {en}"))
}

fn limit(zh: &str, en: &str, max: usize) -> Text {
    Text::new(
        format!("超过上限 {max} {zh}，请拆分或缩短"),
        format!("more than {max} {en}; split or shorten"),
    )
}

/// Enough of a foreign text to recognise it by, on one line.
fn quote(text: &str) -> String {
    let cut: String = text.chars().take(QUOTE_CHARS_MAX + 1).collect();
    let mut cut: String = cut.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    if let Some((at, _)) = cut.char_indices().nth(QUOTE_CHARS_MAX) {
        cut.truncate(at);
        cut.push('…');
    }
    cut
}

fn place(line: Option<usize>, column: Option<&str>) -> String {
    let line = line.map(|it| format!(", line {it}")).unwrap_or_default();
    let column = column.map(|it| format!(", column {it}")).unwrap_or_default();
    line + &column
}
