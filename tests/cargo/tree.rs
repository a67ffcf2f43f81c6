//! Directories as a whole: copied, compared, write-protected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Every file below `directory`, in no order.
pub(super) fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() { directories.push(path) } else { files.push(path) }
        }
    }
    Ok(files)
}

/// Copies what is in `from`, but for what cargo may have built there.
pub(super) fn copy(from: &Path, into: &Path) -> io::Result<()> {
    for file in files(from)? {
        let name = file.strip_prefix(from).expect("it was found below");
        if name.starts_with("target") {
            continue;
        }
        let copied = into.join(name);
        fs::create_dir_all(copied.parent().expect("it is below a directory"))?;
        fs::copy(&file, &copied)?;
    }
    Ok(())
}

/// Every file below `directory` with its content.
pub(super) fn snapshot(directory: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    files(directory)?.into_iter().map(|file| fs::read(&file).map(|text| (file, text))).collect()
}

/// Forbids or allows to write to everything below `directory`, and to itself.
pub(super) fn set_read_only(directory: &Path, is_read_only: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut paths = files(directory)?;
    let parents: Vec<_> =
        paths.iter().flat_map(|file| file.ancestors().skip(1).map(Path::to_owned)).collect();
    paths.extend(parents.into_iter().filter(|parent| parent.starts_with(directory)));
    for path in paths {
        let mode = fs::metadata(&path)?.permissions().mode();
        let mode = if is_read_only { mode & !0o222 } else { mode | 0o200 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}
