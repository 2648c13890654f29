"""Storage of static files in production."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Static files with hashed names, which the imports of JavaScript modules use too."""

    support_js_module_import_aggregation = True
