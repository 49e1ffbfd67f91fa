//! Laws of the codec and the shapes that people and servers really write.

use proptest::prelude::*;

use super::*;
use crate::model::rich_text::{Block, Cell, Image, Inline, InlineKind, Link, Mark, Marks, Row};

fn html(text: &str) -> RichText {
    parse(text, Format::Html).expect("readable")
}

fn markdown(text: &str) -> RichText {
    parse(text, Format::Markdown).expect("readable")
}

/// The text as canonical HTML.
fn canonical(text: &str) -> String {
    render(&html(text), Format::Html)
}

#[test]
fn what_servers_and_editors_rewrite_means_the_same() {
    for (one, other) in [
        ("<div>Pay</div>", "<p>Pay</p>"),
        ("<p>a&nbsp; b</p>", "<p>a b</p>"),
        ("<b><i>x</i></b>", "<em><strong>x</strong></em>"),
        ("<b>a </b>b", "<b>a</b> b"),
        ("<b>a</b><b>b</b>", "<b>ab</b>"),
        ("<p>a</p><p><br></p><p>b</p>", "<p>a</p><p>b</p>"),
        ("<div>a<br></div>", "<p>a</p>"),
        ("a<br><br>b", "<p>a</p><p>b</p>"),
        ("<p>it&#39;s &#34;x&#34;</p>", "<p>it's &quot;x&quot;</p>"),
        ("<!-- c --><p class=x style='color:red'>a</p >", "<p>a</p>"),
        ("<span style='font-weight: bold'>a</span>", "<b>a</b>"),
        ("<b style='font-weight:normal'><p>a</p></b>", "<p>a</p>"),
        (
            "<ul><li>a<ul><li>b</li></ul></li></ul>",
            "<ul><li>a</li><ul><li>b</li></ul></ul>",
        ),
        ("<ul><li><p>a</p></li></ul>", "<ul>\n <li>a\n</ul>"),
        (
            "<ul><li>a</li></ul><ul><li>b</li></ul>",
            "<ul><li>a<li>b</ul>",
        ),
        (
            "<table><tbody><tr><td><p>a</p></td></tr></tbody></table>",
            "<table><tr><td>a</table>",
        ),
        (
            "<table><thead><tr><td>a</td></tr></thead></table>",
            "<table><tr><th><b>a</b></th></tr></table>",
        ),
        ("plain\ntext", "<p>plain<br>text</p>"),
        ("one\n\n\ntwo", "<p>one</p><p>two</p>"),
        (
            "<o:p></o:p><p class=MsoNormal>Word<o:p>&nbsp;</o:p></p>",
            "<p>Word</p>",
        ),
        ("\u{FEFF}<p>a\u{200B}b</p>", "<p>ab</p>"),
        (
            "<img src='https://contoso.visualstudio.com/_apis/wit/attachments/0A?fileName=x.png'>",
            "<img src='https://dev.azure.com/contoso/Shop/_apis/wit/attachments/0a?fileName=x.png'>",
        ),
    ] {
        assert_eq!(html(one), html(other), "{one}\n{other}");
    }
}

#[test]
fn what_a_reader_would_see_as_different_is_different() {
    for (one, other) in [
        ("<p>a b</p>", "<p>ab</p>"),
        ("<p>a</p>", "<p><b>a</b></p>"),
        ("<p>a<br>b</p>", "<p>a b</p>"),
        ("<ol><li>a</ol>", "<ul><li>a</ul>"),
        ("<ol start=3><li>a</ol>", "<ol><li>a</ol>"),
        (
            "<a href='https://a.example'>x</a>",
            "<a href='https://b.example'>x</a>",
        ),
        ("<td colspan=2>", "<table><tr><td colspan=2>a</table>"),
        ("<pre>a  b</pre>", "<pre>a b</pre>"),
        ("a < b", "a &lt; b c"),
        ("<h1>a</h1>", "<h2>a</h2>"),
    ] {
        assert_ne!(html(one), html(other), "{one}\n{other}");
    }
}

#[test]
fn text_without_markup_is_taken_as_it_stands() {
    for text in [
        "a < b",
        "a & b",
        "x<3",
        "R&D; done",
        "AT&T",
        "1 <= 2 && 3 > 2",
    ] {
        assert_eq!(html(text).plain(), text);
    }
    assert_eq!(html("&lt;b&gt;").plain(), "<b>");
}

#[test]
fn nothing_dangerous_stays() {
    for text in [
        "<script>alert(1)</script>a",
        "<p onclick='alert(1)'>a</p>",
        "<a href='javascript:alert(1)'>a</a>",
        "<a href='java&#10;script:alert(1)'>a</a>",
        "<img src=x onerror=alert(1)>a",
        "<iframe src='https://x.example'></iframe>a",
        "<svg><script>alert(1)</script></svg>a",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<style>*{display:none}</style>a",
        "<form action='https://x.example'><button formaction='javascript:1'>a</button></form>",
        "<a href='data:text/html,<script>alert(1)</script>'>a</a>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<template><img src=x onerror=alert(1)></template>a",
        "<object data='x'></object><embed src='x'>a",
        "<base href='https://x.example'>a",
    ] {
        for format in [Format::Html, Format::Markdown] {
            let tree = parse(text, format).expect("readable");
            for written in [render(&tree, Format::Html), render(&tree, Format::Markdown)] {
                let page = written.to_lowercase();
                for bad in [
                    "script", "onerror", "onclick", "iframe", "<svg", "<style", "<form", "<object",
                    "<base", "<embed",
                ] {
                    assert!(!page.contains(bad), "{text} -> {written}");
                }
            }
        }
    }
}

#[test]
fn canonical_html_reads_well() {
    insta::assert_snapshot!(
        canonical(
            "<div>Pay <b>now</b> &amp; <a href=\"https://a.example/?a=1&amp;b=2\" target=_blank>here</a></div>\
             <ol><li>one<ul><li>deep</ul><li><p>two</p><p>more</p></ol>\
             <table border=1><tr><th>H<td colspan=2>x<br>y</table><pre><code class='language-json'>{\n \"a\": 1 }\n</code></pre>\
             <blockquote>q</blockquote><hr><h3><b>Head</b></h3><img src=\"/a.png\" alt=\"A &quot;b&quot;\" width=10>"
        ),
        @r#"
    <p>Pay <strong>now</strong> &amp; <a href="https://a.example/?a=1&amp;b=2">here</a></p>
    <ol><li>one<ul><li>deep</li></ul></li><li><p>two</p><p>more</p></li></ol>
    <table><tr><th>H</th><td colspan="2">x<br>y</td></tr></table>
    <pre><code class="language-json">{
     "a": 1 }</code></pre>
    <blockquote><p>q</p></blockquote>
    <hr>
    <h3>Head</h3>
    <p><img src="/a.png" alt="A &quot;b&quot;" width="10"></p>
    "#
    );
}

#[test]
fn markdown_reads_well() {
    let tree = html(
        "<p>Pay <b>now</b>, <i>please</i> <u>really</u> <code>a`b</code> 1*2 snake_case</p>\
         <ol><li>one<ul><li>deep</ul><li>two</ol><table><tr><th>A<th>B<tr><td>1|2<td>x<br>y</table>\
         <pre>code</pre><p># no heading</p><p>1. no list<br>+ nor this</p><a href='https://a.example'>x</a>\
         <table><tr><td colspan=2>wide</table>",
    );
    insta::assert_snapshot!(render(&tree, Format::Markdown), @r#"
    Pay **now**, *please* <u>really</u> ``a`b`` 1\*2 snake_case

    1. one
       - deep
    2. two

    | A | B |
    | --- | --- |
    | 1\|2 | x<br>y |

    ```
    code
    ```

    \# no heading

    1\. no list\
    \+ nor this

    [x](https://a.example)

    <div><table><tr><td colspan="2">wide</td></tr></table></div>
    "#);
    assert_eq!(markdown(&render(&tree, Format::Markdown)), tree);
}

#[test]
fn large_and_deep_texts_are_read_or_refused() {
    let large = "<p>word &amp; <b>word</b></p>".repeat(40_000);
    assert_eq!(html(&large).blocks.len(), 40_000);
    let deep = format!("{}x{}", "<div>".repeat(3000), "</div>".repeat(3000));
    assert_eq!(html(&deep).plain(), "x");
    let lists = format!("{}x", "<ul><li>".repeat(500));
    let tree = html(&lists);
    assert_eq!(html(&render(&tree, Format::Html)), tree);
    for bad in ["<b>".repeat(5000), "<div>".repeat(100_000)] {
        assert_eq!(parse(&bad, Format::Html), Err(Unreadable::TooDeep));
    }
    let long = "x".repeat(MAX_BYTES + 1);
    assert_eq!(parse(&long, Format::Html), Err(Unreadable::TooLong));
    // Markdown nests too.
    let quotes = format!("{}x", "> ".repeat(3000));
    assert_eq!(markdown(&quotes).plain(), "x");
}

#[test]
fn what_a_server_wraps_around_a_deep_text_changes_nothing() {
    for (open, close) in [
        ("<ul><li>", "</li></ul>"),
        ("<blockquote>", "</blockquote>"),
        ("<table><tr><td>", "</table>"),
    ] {
        let page = format!("{}x{}", open.repeat(70), close.repeat(70));
        let tree = html(&page);
        assert_eq!(tree.plain(), "x");
        let wrapped = format!("<div><span>{}</span></div>", render(&tree, Format::Html));
        assert_eq!(html(&wrapped), tree, "{open}");
        assert_eq!(markdown(&render(&tree, Format::Markdown)), tree, "{open}");
    }
}

#[test]
fn what_multiplies_is_refused() {
    let fonts: Vec<String> = (0..1000)
        .map(|size| format!("<font size={size}>"))
        .collect();
    let fonts = fonts.concat();
    let marks = format!("<p>{fonts}</p>{}", "<p>x</p>".repeat(20_000));
    assert_eq!(parse(&marks, Format::Html), Err(Unreadable::TooLong));
    let long = format!("<a href='/{}'>{}", "a".repeat(7000), "<p>x".repeat(20_000));
    assert_eq!(parse(&long, Format::Html), Err(Unreadable::TooLong));
    let address = format!("<a href='/{}'>x</a>", "a".repeat(9000));
    assert_eq!(parse(&address, Format::Html), Err(Unreadable::TooLong));
    // Markdown puts each level in front of every line.
    let deep = format!(
        "{}{}",
        "<ol start=4000000000><li>".repeat(30),
        "<p>x</p>".repeat(1000)
    );
    let written = render(&html(&deep), Format::Markdown);
    assert!(written.len() < 3 * deep.len(), "{}", written.len());
}

#[test]
fn characters_that_xml_cannot_hold_are_left_out() {
    let text = "<p>a\u{1}b\u{FFFE}c\u{FFFF}</p><pre>d\u{7}\u{FFFE}</pre><img src='/e\u{FFFE}' alt='f\u{1}\u{FFFF}'>";
    let page = canonical(text);
    assert!(!page.contains(is_unkept), "{page:?}");
    assert_eq!(html(text).plain(), "abc\n\nd\n\nf");
}

#[test]
fn what_is_hidden_stays_hidden_in_code_and_in_the_depth() {
    for text in [
        "<pre>a<style>b</style></pre>".to_owned(),
        format!("{}a<p><script>b</script>", "<div>".repeat(300)),
        format!(
            "{}a<ul><li><script>b</script></ul>",
            "<blockquote>".repeat(40)
        ),
    ] {
        assert_eq!(html(&text).plain(), "a", "{}", &text[..20]);
    }
}

#[test]
fn scripts_and_emoji_survive() {
    for text in [
        "שלום עולם",
        "مرحبا",
        "👩‍👩‍👧 family",
        "日本語",
        "e\u{301}",
        "क्षि",
    ] {
        let tree = html(&format!("<p dir=rtl>{text}</p>"));
        assert_eq!(tree.plain(), text);
        assert_eq!(markdown(&render(&tree, Format::Markdown)), tree);
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,6}",
        2 => r"[ -~]{1,8}",
        1 => r"[\*_`~<>&#\[\]\(\)!\\|.+1-9 -]{1,8}",
        1 => "\\PC{1,4}",
        1 => Just(" ".to_owned()),
    ]
}

fn marks() -> impl Strategy<Value = Marks> {
    prop_oneof![
        3 => Just(Marks::NONE),
        2 => prop::sample::subsequence(Mark::ALL.to_vec(), 0..=3).prop_map(|marks| marks.into_iter().collect()),
    ]
}

fn link() -> impl Strategy<Value = Option<Link>> {
    let link = (
        "https://[a-z]{1,5}\\.example/[ -~]{0,8}",
        prop::option::of(word()),
        prop::option::of("[0-9a-f:,]{1,9}"),
    );
    prop::option::weighted(
        0.2,
        link.prop_map(|(address, title, mention)| Link {
            address,
            title,
            mention,
        }),
    )
}

fn inline() -> impl Strategy<Value = Inline> {
    let kind = prop_oneof![
        8 => word().prop_map(InlineKind::Text),
        1 => Just(InlineKind::Break),
        1 => ("https://[a-z]{1,5}\\.example/[ -~]{0,8}", word(), prop::option::of(word()), prop::option::of(1..900_u32))
            .prop_map(|(address, alternative, title, width)| InlineKind::Image(Image {
                address, alternative, title, width, height: None,
            })),
    ];
    (kind, marks(), link()).prop_map(|(kind, marks, link)| Inline { kind, marks, link })
}

fn inlines() -> impl Strategy<Value = Vec<Inline>> {
    prop::collection::vec(inline(), 0..6)
}

fn block() -> impl Strategy<Value = Block> {
    let leaf = prop_oneof![
        5 => inlines().prop_map(Block::Paragraph),
        1 => (1..=6_u8, inlines()).prop_map(|(level, content)| Block::Heading { level, content }),
        1 => (prop::option::of("[a-z]{1,5}"), "[ -~\n]{0,20}").prop_map(|(language, text)| Block::Code { language, text }),
        1 => Just(Block::Rule),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let blocks = prop::collection::vec(inner, 0..4);
        let cell = (any::<bool>(), 1..3_u16, 1..3_u16, blocks.clone()).prop_map(
            |(header, columns, rows, content)| Cell {
                header,
                columns,
                rows,
                content,
            },
        );
        let plain = blocks.clone().prop_map(|content| Cell {
            header: false,
            columns: 1,
            rows: 1,
            content,
        });
        let cell = prop_oneof![cell, plain];
        prop_oneof![
            blocks.clone().prop_map(Block::Quote),
            (
                prop::option::of(0..5_u32),
                prop::collection::vec(blocks, 1..4)
            )
                .prop_map(|(start, items)| Block::List { start, items }),
            prop::collection::vec(
                prop::collection::vec(cell, 0..4).prop_map(|cells| Row { cells }),
                1..4
            )
            .prop_map(Block::Table),
        ]
    })
}

fn tree() -> impl Strategy<Value = RichText> {
    let blocks = prop::collection::vec(block(), 0..5);
    // What a text can mean is what the reader makes of it.
    blocks.prop_map(|blocks| {
        html(&format!(
            "<div>{}</div>",
            render(&RichText { blocks }, Format::Html)
        ))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_written_as_html_reads_back(tree in tree()) {
        let text = render(&tree, Format::Html);
        prop_assert_eq!(parse(&text, Format::Html).expect("readable"), tree, "{}", text);
    }

    #[test]
    fn what_is_written_as_markdown_reads_back(tree in tree()) {
        let text = render(&tree, Format::Markdown);
        prop_assert_eq!(markdown(&text), tree, "{}", text);
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,60}", format in prop_oneof![Just(Format::Html), Just(Format::Markdown)]) {
        let tree = parse(&text, format).expect("readable");
        prop_assert_eq!(html(&format!("<div>{}</div>", render(&tree, Format::Html))), tree.clone());
        prop_assert_eq!(markdown(&render(&tree, Format::Markdown)), tree);
    }

    #[test]
    fn any_soup_of_tags_is_read_and_settles(parts in prop::collection::vec(prop_oneof![
        Just("<p>"), Just("</p>"), Just("<b>"), Just("</b>"), Just("<ul>"), Just("<li>"), Just("</ul>"),
        Just("<table>"), Just("<tr>"), Just("<td>"), Just("</table>"), Just("<a href=x>"), Just("</a>"),
        Just("<pre>"), Just("</pre>"), Just("<h2>"), Just("</h2>"), Just("<blockquote>"), Just("<br>"),
        Just("<i>"), Just("</i>"), Just(" "), Just("x"), Just("\n"), Just("<ol>"), Just("</ol>"),
        Just("<code>"), Just("</code>"), Just("<hr>"), Just("&nbsp;"), Just("<!--"), Just("-->"),
        Just("<select>"), Just("<option>"), Just("<svg>"), Just("<template>"), Just("</template>"),
    ], 0..40)) {
        let text = format!("<i>{}", parts.concat());
        let tree = html(&text);
        prop_assert_eq!(html(&format!("<div>{}</div>", render(&tree, Format::Html))), tree.clone(), "{}", text);
        prop_assert_eq!(markdown(&render(&tree, Format::Markdown)), tree);
    }
}
