//! Writes a Word document of headings, paragraphs and tables, as Chinese offices set them: 黑体 for what heads, 宋体 for the
//! rest, A4. Knows nothing of what stands in it.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, Docx, PageMargin, PageOrientationType, Paragraph, Run, RunFonts, Shading, Table,
    TableCell, TableLayoutType, TableRow, VAlignType, WidthType,
};

use crate::kernel::{Error, Result};

/// The sides of A4 in twentieths of a point.
const SHORT: u32 = 11_906;
const LONG: u32 = 16_838;
const MARGIN: i32 = 1_134;
/// Sizes in half points: 二号, 小四, 五号, 小五.
const TITLE: usize = 44;
const HEADING: usize = 24;
const TEXT: usize = 21;
const SMALL: usize = 18;

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    pub title: String,
    /// What must be seen before anything else, in a frame of its own; the reader is warned by it.
    pub notice: Option<String>,
    pub paragraphs: Vec<String>,
    pub tables: Vec<Block>,
    /// Wide tables lie across.
    pub landscape: bool,
}

/// A table under a heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    pub heading: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

/// A column: its title, and how wide it is in parts of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub title: &'static str,
    pub width: usize,
    /// Figures stand to the right.
    pub figures: bool,
}

/// What stands in a cell; what counts more stands in bold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub bold: bool,
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { text, bold: false }
    }
}

fn fonts(name: &str) -> RunFonts {
    RunFonts::new().ascii(name).hi_ansi(name).east_asia(name).cs(name)
}

/// A text without what no XML holds.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn heading(text: &str, size: usize) -> Run {
    Run::new().add_text(clean(text)).size(size).fonts(fonts("黑体"))
}

fn body(text: &str, size: usize) -> Run {
    Run::new().add_text(clean(text)).size(size).fonts(fonts("宋体"))
}

/// The bytes of the document.
pub fn write(document: &Document) -> Result<Vec<u8>> {
    let (width, height) = match document.landscape {
        true => (LONG, SHORT),
        false => (SHORT, LONG),
    };
    let margin = PageMargin::new()
        .top(MARGIN)
        .bottom(MARGIN)
        .left(MARGIN)
        .right(MARGIN);
    let mut docx = Docx::new()
        .page_size(width, height)
        .page_margin(margin)
        .default_fonts(fonts("宋体"))
        .default_size(TEXT);
    if document.landscape {
        docx = docx.page_orient(PageOrientationType::Landscape);
    }
    docx = docx.add_paragraph(
        Paragraph::new()
            .add_run(heading(&document.title, TITLE))
            .align(AlignmentType::Center)
            .outline_lvl(0),
    );
    if let Some(notice) = &document.notice {
        let warned = Paragraph::new()
            .add_run(heading(notice, TEXT).color("A6231B"))
            .align(AlignmentType::Center);
        docx = docx.add_paragraph(warned);
    }
    for text in &document.paragraphs {
        docx = docx.add_paragraph(Paragraph::new().add_run(body(text, TEXT)));
    }
    let inner = usize::try_from(width).map_err(Error::internal)? - 2 * 1_134;
    for block in &document.tables {
        docx = docx
            .add_paragraph(
                Paragraph::new()
                    .add_run(heading(&block.heading, HEADING))
                    .outline_lvl(1)
                    .keep_next(true),
            )
            .add_table(table(block, inner));
    }
    let mut bytes = Cursor::new(Vec::new());
    docx.build().pack(&mut bytes).map_err(Error::internal)?;
    Ok(bytes.into_inner())
}

fn table(block: &Block, inner: usize) -> Table {
    let parts: usize = block
        .columns
        .iter()
        .map(|column| column.width)
        .sum::<usize>()
        .max(1);
    let widths: Vec<usize> = block
        .columns
        .iter()
        .map(|column| inner * column.width / parts)
        .collect();
    let head = block.columns.iter().zip(&widths).map(|(column, width)| {
        TableCell::new()
            .width(*width, WidthType::Dxa)
            .vertical_align(VAlignType::Center)
            .shading(Shading::new().fill("E3EEEE"))
            .add_paragraph(
                Paragraph::new()
                    .add_run(heading(column.title, SMALL))
                    .align(AlignmentType::Center),
            )
    });
    let mut rows = vec![TableRow::new(head.collect()).cant_split()];
    for row in &block.rows {
        let cells = block
            .columns
            .iter()
            .zip(&widths)
            .zip(row)
            .map(|((column, width), cell)| {
                let run = match cell.bold {
                    true => body(&cell.text, SMALL).bold(),
                    false => body(&cell.text, SMALL),
                };
                let align = match column.figures {
                    true => AlignmentType::Right,
                    false => AlignmentType::Left,
                };
                TableCell::new()
                    .width(*width, WidthType::Dxa)
                    .vertical_align(VAlignType::Center)
                    .add_paragraph(Paragraph::new().add_run(run).align(align))
            });
        rows.push(TableRow::new(cells.collect()).cant_split());
    }
    Table::new(rows)
        .set_grid(widths)
        .layout(TableLayoutType::Fixed)
        .width(inner, WidthType::Dxa)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_document_holds_its_texts_its_fonts_and_its_warning_and_no_control_characters() {
        let document = Document {
            title: "评估表 & 说明".to_owned(),
            notice: Some("演示数据".to_owned()),
            paragraphs: vec!["截至\u{0}2024-09-30".to_owned()],
            tables: vec![Block {
                heading: "专栏 1".to_owned(),
                columns: vec![
                    Column {
                        title: "指标",
                        width: 3,
                        figures: false,
                    },
                    Column {
                        title: "目标",
                        width: 1,
                        figures: true,
                    },
                ],
                rows: vec![vec!["托位数<3岁>".to_owned().into(), "2.2".to_owned().into()]],
            }],
            landscape: true,
        };
        let bytes = write(&document).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive
            .by_name("word/document.xml")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        for wanted in [
            "评估表 &amp; 说明",
            "演示数据",
            "截至 2024-09-30",
            "托位数&lt;3岁&gt;",
            "2.2",
            "黑体",
            "宋体",
            "landscape",
        ] {
            assert!(text.contains(wanted), "{wanted} is missing");
        }
        assert!(!text.contains('\u{0}'));
    }
}
