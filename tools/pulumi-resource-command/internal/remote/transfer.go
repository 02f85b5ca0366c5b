package remote

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
)

// transfer writes to the file system of the host.
type transfer struct{ files *sftp.Client }

// copyText writes a text to a file. It needs the file's name, which a text does not bring along.
func (t transfer) copyText(text, target string) error {
	there, err := t.stat(target)
	if err != nil {
		return err
	}
	if there != nil && there.IsDir() {
		return fmt.Errorf("remote path %s is a directory; with a text asset, remotePath must be that of a file", target)
	}
	if err := t.makeDirectory(path.Dir(target)); err != nil {
		return err
	}
	return t.write(strings.NewReader(text), target)
}

// copyPath copies a local file or directory, as the published plugin does:
//
//	source | target is a directory | target does not exist | target is a file
//	file   | target/file           | target                | target, overwritten
//	dir    | target/dir            | target/dir            | error
//	dir/   | its entries in target | its entries in target | error
func (t transfer) copyPath(source, target string) error {
	here, err := os.Stat(source)
	if err != nil {
		return err
	}
	there, err := t.stat(target)
	if err != nil {
		return err
	}
	if here.IsDir() {
		return t.copyDirectory(source, target)
	}
	if there != nil && there.IsDir() {
		return t.copyFile(source, path.Join(target, filepath.Base(source)))
	}
	if err := t.makeDirectory(path.Dir(target)); err != nil {
		return err
	}
	return t.copyFile(source, target)
}

// copyDirectory copies file by file. What is in the target already stays there.
func (t transfer) copyDirectory(source, target string) error {
	if !strings.HasSuffix(source, "/") {
		target = path.Join(target, filepath.Base(source))
	}
	return fs.WalkDir(os.DirFS(source), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return t.makeDirectory(path.Join(target, name))
		}
		return t.copyFile(filepath.Join(source, filepath.FromSlash(name)), path.Join(target, name))
	})
}

func (t transfer) copyFile(source, target string) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := t.write(file, target); err != nil {
		return fmt.Errorf("failed to copy %s: %w", source, err)
	}
	return nil
}

// write counts a failed close as a failed write: some servers report a full disk only then.
func (t transfer) write(content io.Reader, target string) error {
	file, err := t.files.Create(target)
	if err != nil {
		return fmt.Errorf("failed to create remote file %s: %w", target, err)
	}
	_, err = file.ReadFrom(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("failed to write remote file %s: %w", target, err)
	}
	return nil
}

// makeDirectory makes a directory and its parents; one that exists is as good.
func (t transfer) makeDirectory(target string) error {
	there, err := t.stat(target)
	if err != nil {
		return err
	}
	if there != nil && !there.IsDir() {
		return fmt.Errorf("remote path %s exists but is not a directory", target)
	}
	if there != nil {
		return nil
	}
	if err := t.files.MkdirAll(target); err != nil {
		return fmt.Errorf("failed to create remote directory %s: %w", target, err)
	}
	return nil
}

// stat is nil, without an error, for what does not exist.
func (t transfer) stat(target string) (fs.FileInfo, error) {
	info, err := t.files.Stat(target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to stat remote path %s: %w", target, err)
	}
	return info, nil
}
