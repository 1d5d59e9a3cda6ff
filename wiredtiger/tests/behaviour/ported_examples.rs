//! The examples that show schemas, packing, encryption and column stores print what they should.

use std::process::Command;

/// What an example prints. Cargo builds the examples with the tests, beside them.
fn output(name: &str) -> String {
    let deps = std::env::current_exe().unwrap();
    let folder = deps.parent().unwrap().parent().unwrap().join("examples");
    let program = folder.join(name);
    assert!(
        program.exists(),
        "{program:?} is not built: run the tests without --test"
    );
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn schema() {
    let output = output("schema");
    for line in [
        "  1: AU, 1900, 4000000\n",
        "  12: USA, 2000, 301279593\n",
        "the first row of the USA\n  USA, 1900, 76212169\n",
        "by both columns\n  150697362\n",
        "all populations: 1088770108\n",
        "  6: CAN, 2000, 31099562\n",
    ] {
        assert!(output.contains(line), "{line:?} is not in {output}");
    }
    let joined = output
        .split("the UK or Canada, after 1900\n")
        .nth(1)
        .unwrap();
    assert_eq!(joined.lines().count(), 4, "{joined}");
}

#[test]
fn call_center() {
    assert_eq!(
        output("call_center"),
        "123-456-7890 is customer 1, Professor Oak\n\
         \x20 day 35: reminder, available\n\
         \x20 day 34: reminder, unavailable\n\
         \x20 day 33: billing, available\n"
    );
}

#[test]
fn pack() {
    let output = output("pack");
    for line in [
        "iSh: 15 bytes, \\xaahello, world\\x00}\n",
        "  42\n  \"hello, world\"\n  -3\n",
        "iSh: 42, \"hello, world\", -3\n",
        "[-70000, -1, 0, 64, 8256, 70000]\n",
        "column 1 of the format iSh cannot hold 1099511627776",
        "unpack: ",
    ] {
        assert!(output.contains(line), "{line:?} is not in {output}");
    }
}

#[test]
fn encrypt() {
    assert_eq!(
        output("encrypt"),
        "files in which the text can be read: 0\n\
         the wrong password does not open it\n\
         the right one shows: this can be read\n"
    );
}

#[test]
fn col_store() {
    let output = output("col_store");
    for line in [
        "96 readings\n",
        "from -5 to 18 degrees\n",
        "around noon in VIC: 5 degrees in 3 readings\n",
        "the first reading is now 2, of NSW\n",
        " warm readings\n",
    ] {
        assert!(output.contains(line), "{line:?} is not in {output}");
    }
}
