//! A column store: readings of a weather station, numbered as they come in, with the columns that
//! are searched together stored together.

use wiredtiger::{Bits, Comparison};
use wiredtiger::{
    Connection, Index, IndexOptions, RecordNumber, Satisfy, Session, Table, TableOptions,
};

/// (hour, pressure, temperature, humidity, wind, location): key_format=r,value_format=BHhBBS
type Weather = Table<RecordNumber, (u8, u16, i16, u8, u8, String)>;

/// Readings that are the same on every run.
fn readings() -> impl Iterator<Item = (u8, u16, i16, u8, u8, &'static str)> {
    (0..96).map(|number: u8| {
        let hour = number % 24;
        let temperature = i16::from(hour.abs_diff(3)) - 5 + i16::from(number / 24);
        let place = ["NSW", "VIC", "QLD", "WA"][usize::from(number / 24)];
        (
            hour,
            1000 + u16::from(number % 7),
            temperature,
            40 + number % 50,
            number % 11,
            place,
        )
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let connection = Connection::create(home.path())?;
    let mut session = connection.open_session()?;

    let options = TableOptions::new()
        .columns([
            "id",
            "hour",
            "pressure",
            "temperature",
            "humidity",
            "wind",
            "location",
        ])
        .column_group("time", ["hour"])
        .column_group("temperature", ["temperature"])
        .column_group("rest", ["pressure", "humidity", "wind", "location"]);
    let weather: Weather = session.create_table("weather", &options)?;
    session.create_index(&weather, "hour", &["hour"], &IndexOptions::new())?;
    session.create_index(&weather, "location", &["location"], &IndexOptions::new())?;
    let mut appender = session.appender(&weather)?;
    let mut last = RecordNumber::FIRST;
    for reading in readings() {
        last = appender.append(reading)?;
    }
    drop(appender);
    println!("{last} readings");

    extremes(&session, &weather)?;
    noon_in_the_south(&session, &weather)?;
    update_and_remove(&mut session, &weather)?;
    warm_hours(&mut session, &weather)?;
    Ok(())
}

/// Reads the file of one column group.
fn extremes(session: &Session, weather: &Weather) -> wiredtiger::Result<()> {
    let temperatures = session.project::<_, _, (i16,)>(weather, &["temperature"])?;
    let mut cursor = session.projected(&temperatures)?;
    let (mut least, mut most) = (i16::MAX, i16::MIN);
    while cursor.next()? {
        let (temperature,) = cursor.value()?;
        (least, most) = (least.min(temperature), most.max(temperature));
    }
    println!("from {least} to {most} degrees");
    Ok(())
}

/// SELECT AVG(temperature) WHERE hour BETWEEN 11 AND 13 AND location = 'VIC'
fn noon_in_the_south(session: &Session, weather: &Weather) -> wiredtiger::Result<()> {
    let hours: Index<u8, (RecordNumber,)> = session.open_index(weather, "hour", &["id"])?;
    let places: Index<String, (RecordNumber,)> =
        session.open_index(weather, "location", &["id"])?;
    let mut join = session.join_columns::<_, _, (i16,)>(weather, &["temperature"], Satisfy::All)?;
    join.on_index(&hours, Comparison::GreaterOrEqual, 11)?;
    join.on_index(&hours, Comparison::LessOrEqual, 13)?;
    join.on_index(&places, Comparison::Equal, "VIC")?;
    let (mut sum, mut count) = (0, 0);
    while join.next()? {
        sum += join.value()?.0;
        count += 1;
    }
    println!(
        "around noon in VIC: {} degrees in {count} readings",
        sum / count
    );
    Ok(())
}

/// Changes one reading and removes another; their numbers stay as they are.
fn update_and_remove(session: &mut Session, weather: &Weather) -> wiredtiger::Result<()> {
    let second = RecordNumber::try_from(2)?;
    session.update(weather, second, (1, 999, 40, 10, 0, "NSW"))?;
    session.remove(weather, RecordNumber::FIRST)?;
    let (first, (.., place)) = match session.range(weather, ..)?.into_iter().next() {
        Some(reading) => reading?,
        None => return Ok(()),
    };
    println!("the first reading is now {first}, of {place}");
    Ok(())
}

/// One bit for each reading, in a table of its own: whether it was warm.
fn warm_hours(session: &mut Session, weather: &Weather) -> wiredtiger::Result<()> {
    let warm: Table<RecordNumber, Bits<1>> = session.create_table("warm", &TableOptions::new())?;
    let mut flags = Vec::new();
    for reading in session.range(weather, ..)? {
        let (number, (_, _, temperature, ..)) = reading?;
        flags.push((
            number,
            Bits::new(u8::from(temperature > 15)).unwrap_or_default(),
        ));
    }
    for (number, flag) in flags {
        session.put(&warm, number, flag)?;
    }
    let mut count = 0;
    for flag in session.range(&warm, ..)? {
        count += u32::from(flag?.1.get());
    }
    println!("{count} warm readings");
    Ok(())
}
