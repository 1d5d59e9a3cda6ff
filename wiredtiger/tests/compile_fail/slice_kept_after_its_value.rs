// Rule 18: the cursor behind the value goes to its next user, and the bytes with its position.
use wiredtiger::{Result, ValueRef};

fn dropped(value: ValueRef<'_, Vec<u8>>) -> Result<()> {
    let slice = value.get()?;
    drop(value); //~ E0505
    println!("{slice:?}");
    Ok(())
}

fn of_text(value: ValueRef<'_, String>) -> Result<()> {
    let text = value.get()?;
    drop(value); //~ E0505
    println!("{text}");
    Ok(())
}

fn packed(value: ValueRef<'_, u64>) -> Result<()> {
    let bytes = value.packed();
    drop(value); //~ E0505
    println!("{bytes:?}");
    Ok(())
}

fn dereferenced(value: ValueRef<'_, Vec<u8>>) {
    let slice: &[u8] = &value;
    drop(value); //~ E0505
    println!("{slice:?}");
}

fn referenced(value: ValueRef<'_, Vec<u8>>) {
    let slice: &[u8] = value.as_ref();
    drop(value); //~ E0505
    println!("{slice:?}");
}

fn copied(value: ValueRef<'_, Vec<u8>>) -> Result<()> {
    let slice = value.get()?;
    println!("{:?}", value.into_owned()?); //~ E0505
    println!("{slice:?}");
    Ok(())
}

fn forgotten(value: ValueRef<'_, Vec<u8>>) -> Result<()> {
    let slice = value.get()?;
    std::mem::forget(value); //~ E0505
    println!("{slice:?}");
    Ok(())
}

fn returned<'t>(value: ValueRef<'t, Vec<u8>>) -> Result<&'t [u8]> {
    return value.get(); //~ E0515
    Ok(&[])
}

fn main() {}
