package local

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// rule is one pattern; one that starts with "!" takes files out again.
type rule struct {
	pattern glob.Glob
	exclude bool
}

// matchingFiles are the files below a directory that the patterns leave, by their path from that directory. Of several
// patterns that match a file, the last one decides. The pattern language is that of the npm package's documentation.
func matchingFiles(dir string, patterns []string) (map[string]*types.AssetOrArchive, error) {
	rules := make([]rule, len(patterns))
	for i, text := range patterns {
		text, exclude := strings.CutPrefix(text, "!")
		pattern, err := glob.Compile(text, '/')
		if err != nil {
			return nil, err
		}
		rules[i] = rule{pattern, exclude}
	}
	found := map[string]*types.AssetOrArchive{}
	return found, fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !wanted(rules, name) {
			return err
		}
		asset, err := resource.NewPathAsset(path.Join(dir, name))
		found[name] = &types.AssetOrArchive{Asset: asset}
		return err
	})
}

func wanted(rules []rule, name string) bool {
	in := false
	for _, r := range rules {
		if r.pattern.Match(name) {
			in = !r.exclude
		}
	}
	return in
}
