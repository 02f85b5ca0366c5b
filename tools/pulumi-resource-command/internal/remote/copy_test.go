package remote

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// tree makes files in a new directory and gives back the directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		works(t, os.MkdirAll(filepath.Dir(path), 0o755))
		works(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return root
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
	}
}

func fileSource(t *testing.T, path string) types.AssetOrArchive {
	t.Helper()
	asset, err := resource.NewPathAsset(path)
	works(t, err)
	return types.AssetOrArchive{Asset: asset}
}

func textSource(t *testing.T, text string) types.AssetOrArchive {
	t.Helper()
	asset, err := resource.NewTextAsset(text)
	works(t, err)
	return types.AssetOrArchive{Asset: asset}
}

func directorySource(t *testing.T, path string) types.AssetOrArchive {
	t.Helper()
	archive, err := resource.NewPathArchive(path)
	works(t, err)
	return types.AssetOrArchive{Archive: archive}
}

func copyTo(t *testing.T, host *Connection, source types.AssetOrArchive, target string) (CopyState, error) {
	t.Helper()
	resp, err := (&CopyToRemote{}).Create(t.Context(), infer.CreateRequest[CopyInputs]{
		Inputs: CopyInputs{Connection: host, Source: source, RemotePath: target},
	})
	if err == nil && resp.ID == "" {
		t.Error("the resource has no id")
	}
	return resp.Output, err
}

func TestCopyOfAFile(t *testing.T) {
	host := to(start(t))
	file := filepath.Join(tree(t, map[string]string{"payload.tar": "content"}), "payload.tar")
	remote := tree(t, map[string]string{"old": "a longer old content"})
	for target, want := range map[string]string{
		filepath.Join(remote, "new", "parent", "name"): filepath.Join(remote, "new", "parent", "name"),
		filepath.Join(remote, "old"):                   filepath.Join(remote, "old"),
		remote:                                         filepath.Join(remote, "payload.tar"),
	} {
		_, err := copyTo(t, host, fileSource(t, file), target)
		works(t, err)
		holds(t, want, "content")
	}
}

func TestCopyOfAText(t *testing.T) {
	host := to(start(t))
	remote := t.TempDir()
	_, err := copyTo(t, host, textSource(t, "said"), filepath.Join(remote, "new", "name"))
	works(t, err)
	holds(t, filepath.Join(remote, "new", "name"), "said")
	_, err = copyTo(t, host, textSource(t, "said"), remote)
	refused(t, err, "is a directory", "remotePath must be that of a file")
}

func TestCopyOfADirectory(t *testing.T) {
	host := to(start(t))
	source := filepath.Join(tree(t, map[string]string{"site/a": "1", "site/deep/er/b": "2"}), "site")
	remote := tree(t, map[string]string{"there/site/stale": "old", "file": "x"})
	for target, want := range map[string]string{
		filepath.Join(remote, "there"): filepath.Join(remote, "there", "site"),
		filepath.Join(remote, "new"):   filepath.Join(remote, "new", "site"),
	} {
		_, err := copyTo(t, host, directorySource(t, source), target)
		works(t, err)
		holds(t, filepath.Join(want, "a"), "1")
		holds(t, filepath.Join(want, "deep", "er", "b"), "2")
	}
	holds(t, filepath.Join(remote, "there", "site", "stale"), "old")

	_, err := copyTo(t, host, directorySource(t, source+"/"), filepath.Join(remote, "entries"))
	works(t, err)
	holds(t, filepath.Join(remote, "entries", "deep", "er", "b"), "2")

	_, err = copyTo(t, host, directorySource(t, source), filepath.Join(remote, "file"))
	if err == nil {
		t.Error("a directory was copied onto a file")
	}
}

func TestUpdateCopiesOnlyWhatHasChanged(t *testing.T) {
	server := start(t)
	remote := t.TempDir()
	target := filepath.Join(remote, "name")
	state, err := copyTo(t, to(server), textSource(t, "one"), target)
	works(t, err)
	again := func(change func(*CopyInputs)) {
		t.Helper()
		in := state.CopyInputs
		change(&in)
		_, err := (&CopyToRemote{}).Update(t.Context(), infer.UpdateRequest[CopyInputs, CopyState]{State: state, Inputs: in})
		works(t, err)
	}
	again(func(in *CopyInputs) { in.Connection.DialErrorLimit = set(1) })
	if got := server.Connections(); got != 1 {
		t.Errorf("%d connections after a change of the connection only", got)
	}
	again(func(in *CopyInputs) { in.Source = textSource(t, "two") })
	holds(t, target, "two")
	again(func(in *CopyInputs) { in.RemotePath = target + "2" })
	holds(t, target+"2", "one")
}

func TestAMissingSourceIsNamed(t *testing.T) {
	gone := fileSource(t, filepath.Join(tree(t, map[string]string{"file": "x"}), "file"))
	works(t, os.Remove(gone.Asset.Path))
	_, err := copyTo(t, to(start(t)), gone, filepath.Join(t.TempDir(), "name"))
	refused(t, err, gone.Asset.Path, "no such file")
}
