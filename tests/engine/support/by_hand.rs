//! What a person does in a system over its own interface.

use std::io::{Read as _, Write as _};

use crate::support::World;

/// Sends one request past Accord; the body of the answer, which has to be a success. `line` is the method
/// and the path. Everything that was exchanged up to here is forgotten and not judged.
pub(crate) fn send(world: &World, line: &str, authorization: &str, body: &str) -> String {
    let address = world.sandbox.address;
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {address}\r\nauthorization: {authorization}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = std::thread::spawn(move || {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    });
    let answer = answer.join().expect("no panic").expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 20"), "{line}: {answer}");
    drop(world.sandbox.state().exchanges.take());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body);
    body.unwrap_or_default().to_owned()
}
