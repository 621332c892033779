"""Teachers: who writes the text that experts learn from."""

from distill.teachers.labelling import label_datasets
from distill.teachers.oracle import OracleTeacher
from distill.teachers.teacher import Teacher, TeacherError

__all__ = ["OracleTeacher", "Teacher", "TeacherError", "label_datasets"]
