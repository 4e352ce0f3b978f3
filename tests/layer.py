"""A layer of an image, made without an engine."""
import io
import pathlib
import tarfile


class Layer:
    """A tar in memory. Folders above an entry are made."""

    def __init__(self):
        self.out = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.out, mode="w")
        self.folders = set()

    def entry(self, path, kind, mode=0o755, owner=0, data=b"", target=""):
        for parent in reversed(pathlib.PurePosixPath(path).parents):
            if str(parent) not in (".", *self.folders):
                self.folder(str(parent))
        info = tarfile.TarInfo(path)
        info.type, info.mode, info.uid, info.gid, info.size, info.linkname = kind, mode, owner, owner, len(data), target
        self.tar.addfile(info, io.BytesIO(data))

    def folder(self, path, mode=0o755, owner=0):
        self.folders.add(path)
        self.entry(path, tarfile.DIRTYPE, mode, owner)

    def file(self, path, data, mode=0o644, owner=0):
        self.entry(path, tarfile.REGTYPE, mode, owner, data.encode() if isinstance(data, str) else data)

    def link(self, path, target):
        self.entry(path, tarfile.SYMTYPE, 0o777, target=target)

    def bytes(self):
        self.tar.close()
        return self.out.getvalue()
