//! Mount paths of volumes.

/// A mount path without what does not change the folder: `/m`, `/m/` and `//m/.` are the same folder.
pub fn normalized(path: &str) -> String {
    let mut steps = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            _ => steps.push(step),
        }
    }
    format!("/{}", steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn spellings_of_a_folder_are_the_same() {
        for (path, folder) in [("/m", "/m"), ("/m/", "/m"), ("//m/./x", "/m/x"), ("/m/../x", "/x"), ("/", "/"), ("/..", "/")] {
            assert_eq!(normalized(path), folder);
        }
    }
}
