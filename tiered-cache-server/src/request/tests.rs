use super::*;

const LIMITS: Limits = Limits {
    bulk: 1000,
    trusted: true,
};

fn all(mut input: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = Reader::default();
    let mut commands = Vec::new();
    loop {
        match reader.read(input, LIMITS) {
            Step::Command(length) => {
                commands.push(reader.args(input).from(0).map(<[u8]>::to_vec).collect());
                input = &input[length..];
                reader.next();
            }
            Step::Nothing(length) => {
                input = &input[length..];
                reader.next();
            }
            Step::Incomplete => return commands,
            Step::Wrong(why) => panic!("{}", why.escape_ascii()),
        }
    }
}

#[test]
fn commands_of_both_forms() {
    let input = b"*2\r\n$3\r\nGET\r\n$4\r\n\0\r\n\xff\r\n\r\n*0\r\nset a \"x y\\x41\\n\" 'it\\'s'\r\nping\n";
    let commands = all(input);
    let expected: [&[&[u8]]; 3] = [
        &[b"GET", b"\0\r\n\xff"],
        &[b"set", b"a", b"x yA\n", b"it's"],
        &[b"ping"],
    ];
    assert_eq!(commands, expected);
}

/// Wherever a command is cut, it is the same command.
#[test]
fn commands_in_pieces() {
    let input = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nva\r\nl\r\n";
    let mut reader = Reader::default();
    for end in 0..input.len() {
        assert_eq!(
            reader.read(&input[..end], LIMITS),
            Step::Incomplete,
            "{end}"
        );
    }
    assert_eq!(reader.read(input, LIMITS), Step::Command(input.len()));
    assert_eq!(&reader.args(input)[2], b"va\r\nl");
}

#[test]
fn what_is_not_the_protocol_is_named() {
    let endless = [b"*".as_slice(), &[b'1'; 70_000]].concat();
    let line = vec![b'x'; 70_000];
    for (input, says) in [
        (&b"*x\r\n"[..], "invalid multibulk length"),
        (b"*99999999999999999999\r\n", "invalid multibulk length"),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*1\r\n:5\r\n", "expected '$', got ':'"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$1001\r\n", "invalid bulk length"),
        (b"*1\r\n$+5\r\n", "invalid bulk length"),
        (b"get \"x\r\n", "unbalanced quotes in request"),
        (b"get 'x'y\r\n", "unbalanced quotes in request"),
        (&endless, "too big mbulk count string"),
        (&line, "too big inline request"),
    ] {
        let step = Reader::default().read(input, LIMITS);
        assert_eq!(step, Step::Wrong(says.into()));
    }
    let stranger = Limits {
        trusted: false,
        ..LIMITS
    };
    let step = Reader::default().read(b"*11\r\n", stranger);
    assert_eq!(step, Step::Wrong("unauthenticated multibulk length".into()));
}

/// Whatever comes, and however it is cut, there is no panic and no endless loop.
#[test]
fn noise() {
    let alphabet = b"*$:+-0123456789\r\n \"'\\xabGET\0\xff";
    for seed in 0..20_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let length = random.usize(..60);
        let input: Vec<u8> = (0..length)
            .map(|_| alphabet[random.usize(..alphabet.len())])
            .collect();
        let mut reader = Reader::default();
        let mut input = &input[..];
        while let Step::Command(length) | Step::Nothing(length) = reader.read(input, LIMITS) {
            assert!(length > 0 && length <= input.len(), "seed {seed}");
            input = &input[length..];
            reader.next();
        }
    }
}

#[test]
fn integers_are_strict() {
    for good in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
        assert_eq!(integer(good.as_bytes()), good.parse().ok());
    }
    for bad in [
        "",
        "-",
        "+1",
        "01",
        "-0",
        " 1",
        "1 ",
        "9223372036854775808",
        "1.0",
    ] {
        assert_eq!(integer(bad.as_bytes()), None, "{bad}");
    }
}
