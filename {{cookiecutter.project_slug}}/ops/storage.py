"""Storage of static files in production."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from servestatic.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Static files with hashed names, which the imports of JavaScript modules use too."""

    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **options: Any) -> None:
        """Place the manifest beside STATIC_ROOT, since all files inside are public."""
        beside = FileSystemStorage(Path(settings.STATIC_ROOT).parent)
        super().__init__(*args, manifest_storage=beside, **options)
